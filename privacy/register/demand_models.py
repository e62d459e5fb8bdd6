"""What an authority, a court or a claimant asked to be given about a person, who approved it, and what became of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Demand(models.Model):
    """One demand for one person's data, from receipt to the last word. Evidence: it outlives an erasure."""

    class Ground(models.TextChoices):
        """A closed list: for anything else nothing is handed out."""

        LAW = "law", "A law, a court or an authority demands it"
        SAFETY = "safety", "Somebody's life or safety depends on it"
        LIABILITY = "liability", "It limits what the shop is liable for"
        CLAIMS = "claims", "It establishes or defends a legal claim"
        FRAUD = "fraud", "It helps to prevent or prosecute fraud"
        TAX = "tax", "Tax law demands it"

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        APPROVED = "approved", "Approved"
        HANDED_OVER = "handed_over", "Handed over"
        REFUSED = "refused", "Refused"

    reference = models.CharField(max_length=20, unique=True)
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="demands")
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    authority = models.CharField("who demands it", max_length=120)
    case = models.CharField("its file number", max_length=80, blank=True)
    ground = models.CharField(max_length=10, choices=Ground.choices)
    order = models.TextField("by which law or order")
    scope = ArrayField(models.CharField(max_length=80), verbose_name="which records")  # labels such as `orders.Order`
    # Somebody who may forbid it has forbidden to tell the person: then neither their page nor their copy says anything of it.
    is_secret = models.BooleanField("the person must not be told", default=False)
    # Null: nothing is held back for it.
    hold = models.ForeignKey("privacy.LegalHold", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    received_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)
    approved_at = models.DateTimeField(null=True, blank=True)  # null: not approved
    approved_by = models.CharField(max_length=80, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)  # null: nothing was given
    refused_at = models.DateTimeField(null=True, blank=True)  # null: not refused
    refusal_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-received_at", "-pk")
        permissions = [
            ("answer_demand", "Can enter and answer demands of authorities"),
            ("approve_demand", "Can approve demands of authorities"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(scope=[]), name="demand_names_records"),
            models.CheckConstraint(condition=~Q(approved_by=F("entered_by")), name="demand_approved_by_another"),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approved_by="")
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
                name="demand_approved_at_with_by",
            ),
            models.CheckConstraint(
                condition=Q(handed_over_at__isnull=True) | Q(approved_at__isnull=False),
                name="demand_approved_before_handed_over",
            ),
            models.CheckConstraint(
                condition=Q(refused_at__isnull=True, refusal_reason="")
                | (Q(refused_at__isnull=False) & ~Q(refusal_reason="")),
                name="demand_refused_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
