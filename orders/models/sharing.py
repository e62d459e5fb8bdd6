"""An order shown to somebody outside the house, because its customer asked for that: to whom, what, and until when."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from orders.models.order import Order
from privacy.register.usable import Usable


class Share(models.Model):
    """One order and the one appraiser who may see it. Whether the link works today is `orders.sharing.stands`'s."""

    class Wish(models.TextChoices):
        """What the customer wants done."""

        APPRAISAL = "appraisal", "Appraise it"
        CHANGE = "change", "Change or remake it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shares")
    recipient = models.CharField("appraiser", max_length=40)  # as the shop's profile names it: `appraiser:harbour`
    wish = models.CharField(max_length=10, choices=Wish.choices)
    with_price = models.BooleanField("with the price", default=False)
    with_contact = models.BooleanField("with name and e-mail", default=False)
    asked_at = models.DateTimeField("asked for")
    ends_at = models.DateTimeField("link ends")
    opened_at = models.DateTimeField("last opened", null=True, blank=True)  # null: never
    times_opened = models.PositiveIntegerField("times opened", default=0)
    # Null: no valuation came back by the link.
    answered_at = models.DateTimeField("valuation received", null=True, blank=True)
    # Null: nobody ended it before its day.
    cancelled_at = models.DateTimeField("ended", null=True, blank=True)

    objects = Usable["Share"].as_manager()

    class Meta:
        verbose_name = "order shown to an appraiser"
        verbose_name_plural = "orders shown to appraisers"
        ordering = ("-asked_at", "reference")
        permissions = (("cancel_share", "Can end what an appraiser may see"),)
        constraints = (
            models.UniqueConstraint(
                fields=["order", "recipient"], condition=Q(cancelled_at=None), name="share_one_open_per_recipient"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("asked_at")), name="share_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(opened_at=None, times_opened=0) | Q(opened_at__isnull=False, times_opened__gt=0),
                name="share_opened_so_often",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def about(self) -> str:
        """What the consent is about, as the ledger keeps it: this order, this appraiser."""
        return f"{self.order.reference}:{self.recipient.partition(':')[2]}"
