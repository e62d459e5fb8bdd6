"""What a parent was asked and said about a child's account, and the three steps of a report about a child.

Verbs: `rights.children` for a parent's word, `rights.child_reports` for the steps.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from privacy.ground.sealed import SealedJSONField
from privacy.register.usable import Usable


class ParentalConsent(models.Model):
    """A parent's or guardian's word for a child's account, with the very text they agreed to."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for the parent"
        AGREED = "agreed", "The parent agreed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # One word for one child; it goes with the child's data.
    child = models.OneToOneField("privacy.Subject", on_delete=models.PROTECT, related_name="parental_consent")
    # The parent's own person record, on which the address is typed and later proven.
    parent = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="children_agreed_for")
    # null: the parent was erased, and only that there was a word stays.
    contact = SealedJSONField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    notice = models.ForeignKey("privacy.ConsentNotice", on_delete=models.PROTECT, related_name="+")  # what they read
    asked_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, blank=True)  # null: no word yet

    objects = Usable["ParentalConsent"].as_manager()

    class Meta:
        app_label = "privacy"
        verbose_name = "parent's word"
        verbose_name_plural = "parents' words"
        ordering = ("-asked_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="asked", agreed_at__isnull=True) | Q(state="agreed", agreed_at__isnull=False),
                name="parental_consent_agreed_at_when_agreed",
            ),
            models.CheckConstraint(condition=~Q(child=models.F("parent")), name="parental_consent_of_two"),
        )

    def __str__(self) -> str:
        return f"parent's word {str(self.pk)[:8]}"

    @property
    def is_agreed(self) -> bool:
        """Whether the parent said yes."""
        return self.state == self.State.AGREED
