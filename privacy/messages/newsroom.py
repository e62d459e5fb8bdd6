"""Who asked for the newsletter in the footer of a page."""

from __future__ import annotations

import uuid

from django.db import models


class NewsletterSignup(models.Model):
    """An address somebody typed. It is nobody's yes until the button behind its link was pressed."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for the button behind its link"
        CONFIRMED = "confirmed", "Confirmed"
        ENDED = "ended", "Over: no topic is left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="newsletter_signups")
    email = models.EmailField(max_length=254)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    notice = models.ForeignKey("privacy.ConsentNotice", on_delete=models.PROTECT, related_name="+")  # what was read
    network = models.CharField(max_length=24, blank=True)  # truncated
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)  # null: not confirmed

    class Meta:
        verbose_name = "newsletter sign-up"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["confirmed", "ended"], confirmed_at__isnull=False)
                | models.Q(state="asked", confirmed_at__isnull=True),
                name="signup_confirmed_at_when_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"newsletter sign-up {str(self.pk)[:8]}"
