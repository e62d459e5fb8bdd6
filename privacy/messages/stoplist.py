"""The suppression list: fingerprints of addresses that no marketing, or nothing at all, is sent to any more."""

from __future__ import annotations

from django.db import models


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def live(self) -> SuppressionQuerySet:
        """In force; a lifted one waits for the night to be taken away."""
        return self.filter(lifted_at__isnull=True)

    def stopping(self, *, marketing: bool) -> SuppressionQuerySet:
        """Those that stop a message: marketing by any of them, anything else by an address that is dead or wants nothing."""
        return self.live() if marketing else self.live().filter(reason__in=Suppression.STOPS_EVERYTHING)


class Suppression(models.Model):
    """One address on one channel. No key leads to a person, so that it outlives their erasure and meets them again."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        COMPLAINED = "complained", "Reported as spam"
        BOUNCED = "bounced", "Nobody there"
        REFUSED = "refused", "Wants nothing at all"

    STOPS_EVERYTHING = (Reason.BOUNCED, Reason.REFUSED)

    channel = models.CharField(max_length=5, choices=[("email", "E-mail"), ("sms", "Text message"), ("post", "Post")])
    key_version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    raised_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)  # null: in force

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "digest", "reason"], name="suppression_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason} {self.pk}"
