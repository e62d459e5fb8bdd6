"""A bag that has words in it. Pieces travel in the bag cookie; words never do, so they are kept here, sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models

from privacy.ground.sealed import SealedJSONField

KEPT_FOR: Final = timedelta(days=30)


class Bag(models.Model):
    """What somebody wrote at the checkout: contact, address, gift message, engravings. Deleted once the order is paid."""

    # The random id in the bag cookie; only the browser that holds the signed cookie can reach the row.
    id = models.UUIDField(primary_key=True, editable=False)
    # Null: a guest who has not ordered yet. The subject stays when the row goes, hence PROTECT.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, null=True, blank=True, related_name="bags")
    words = SealedJSONField(default=dict)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"bag {self.pk}"
