"""Lists for partners: people who agreed to hear from one, and what was told on to it when they took that back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from privacy.ground.sealed import SealedJSONField
from privacy.register.usable import Usable


class PartnerList(models.Model):
    """A file for one partner, made once and taken out for a fortnight. It names nobody."""

    class Kind(models.TextChoices):
        AGREED = "agreed", "People who agreed"
        TAKEN_BACK = "taken_back", "People who took it back"

    reference = models.CharField(max_length=20, unique=True)
    partner = models.CharField(max_length=40)  # as the shop's profile names it: `partner:lumen`
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.PositiveIntegerField(default=0)  # how many people stood on it when it was made
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField("can be taken out until")
    taken_at = models.DateTimeField(null=True, blank=True)  # null: nobody has taken it out
    times_taken = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "list for a partner"
        verbose_name_plural = "lists for partners"
        ordering = ("-made_at", "-pk")
        permissions = [("take_out_partnerlist", "Can make lists for partners and take them out")]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_at=None, times_taken=0) | Q(taken_at__isnull=False, times_taken__gt=0),
                name="partner_list_taken_so_often",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class PartnerListed(models.Model):
    """One person on a list of those who agreed, with the address that would be given."""

    partner_list = models.ForeignKey(PartnerList, on_delete=models.PROTECT, related_name="people")
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="on_partner_lists")
    email = SealedJSONField("e-mail")
    put_at = models.DateTimeField()

    objects = Usable["PartnerListed"].as_manager()

    class Meta:
        verbose_name = "person on a list for a partner"
        verbose_name_plural = "people on lists for partners"
        constraints = [models.UniqueConstraint(fields=["partner_list", "subject"], name="partner_listed_once")]

    def __str__(self) -> str:
        return f"on a list for a partner #{self.pk}"
