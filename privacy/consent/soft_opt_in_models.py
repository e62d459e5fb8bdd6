"""To whom it was said, at a sale, that we write about similar pieces and how to say no."""

from __future__ import annotations

from django.db import models

from privacy.register.usable import Usable


class SoftOptIn(models.Model):
    """One order at which the words and the box to say no were shown, and the box stayed empty. No consent, and never called one."""

    subject = models.ForeignKey("privacy.Subject", on_delete=models.CASCADE, related_name="soft_opt_ins")
    reference = models.CharField(max_length=20, unique=True)  # of the order
    notice = models.ForeignKey("privacy.ConsentNotice", on_delete=models.PROTECT, related_name="+")  # what was shown
    shown_at = models.DateTimeField()
    sold_at = models.DateTimeField(null=True, blank=True)  # null: not paid, so there was no sale

    objects = Usable["SoftOptIn"].as_manager()

    class Meta:
        verbose_name = "soft opt-in"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(sold_at=None) | models.Q(sold_at__gte=models.F("shown_at")),
                name="soft_opt_in_shown_before_the_sale",
            ),
        )

    def __str__(self) -> str:
        return f"soft opt-in at {self.reference}"
