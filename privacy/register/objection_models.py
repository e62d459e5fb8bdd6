"""What somebody does not want their data used for, and whether that stands."""

from __future__ import annotations

from typing import Final

from django.db import models

from privacy.register.vocabulary import Purpose


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def standing(self) -> ObjectionQuerySet:
        """What must be heeded now: a weighing that is not over counts for the person (GDPR Art. 18(1)(d))."""
        return self.exclude(standing=Objection.Standing.OVERRIDDEN)


class Objection(models.Model):
    """One person record that objects to one purpose (GDPR Art. 21). Each record of a person has a row: a query needs no family."""

    #: It says something of whoever other rows name: a person record that has nothing else left is forgotten, and this with it.
    names_nobody: Final = True

    class Standing(models.TextChoices):
        # In the order of their names, the strictest last: where two records become one person, that one counts.
        OVERRIDDEN = "overridden", "Overridden"
        PENDING = "pending", "Being weighed"
        UPHELD = "upheld", "Stands"

    subject = models.ForeignKey("privacy.Subject", on_delete=models.CASCADE, related_name="objections", db_index=False)
    purpose = models.CharField(max_length=20, choices=[(each.name.lower(), each.words) for each in Purpose])
    since = models.DateTimeField()
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.PENDING)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["subject", "purpose"], name="objection_once"),)

    def __str__(self) -> str:
        return f"objection #{self.pk}"
