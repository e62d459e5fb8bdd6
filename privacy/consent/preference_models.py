"""How somebody wants to be written to: how often, in which language, with prices in which currency.

Not consent, which is the ledger's: a manner of doing what they agreed to. So the row changes, and goes with the person.
"""

from __future__ import annotations

from typing import Final

from django.db import models

from privacy.register.usable import Usable


class Frequency(models.TextChoices):
    """How often news may come, all ways of writing counted together."""

    ALL = "all", "Whenever there is something"
    WEEKLY = "weekly", "At most once a week"
    MONTHLY = "monthly", "At most once a month"


class Preference(models.Model):
    """One person's manner. Where there is no row, or nothing was chosen, the shop's defaults hold."""

    #: A manner names nobody: a person record that has nothing else left is forgotten, and this with it.
    names_nobody: Final = True

    subject = models.OneToOneField("privacy.Subject", on_delete=models.CASCADE, related_name="preference")
    frequency = models.CharField(max_length=8, choices=Frequency.choices, default=Frequency.ALL)
    language = models.CharField(max_length=10, default="en")
    currency = models.CharField(max_length=3, default="USD")
    changed_at = models.DateTimeField(
        null=True, blank=True
    )  # null: nothing was chosen yet, these are the shop's defaults
    # The language alone, said beside another question (checkout, request form); null: never, or only with the rest.
    language_at = models.DateTimeField(null=True, blank=True)
    # The last news that went out, so that the next one can keep its distance; a value, since mails go before people do.
    last_news_id = models.UUIDField(null=True, blank=True)  # null: none yet
    last_news_at = models.DateTimeField(null=True, blank=True)  # null: none yet

    objects = Usable["Preference"].as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(last_news_id__isnull=True, last_news_at__isnull=True)
                | models.Q(last_news_id__isnull=False, last_news_at__isnull=False),
                name="preference_news_with_its_time",
            ),
            models.CheckConstraint(
                condition=models.Q(frequency__in=Frequency.values), name="preference_frequency_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"preference of {self.subject_id}"
