"""The tables of the audit chain: batches, each bound to the one before it, and the leaf that binds each event to its batch."""

from __future__ import annotations

import pgtrigger
from django.db import models


class AuditBatch(models.Model):
    """Events that were bound together. Changing, adding or removing anything earlier changes every hash from there on."""

    no = models.PositiveBigIntegerField(primary_key=True)
    prev_hash = models.CharField(max_length=64)
    root = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    # The highest number of an event in this or any earlier batch: what lies far below it was there when this was made.
    top = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "batch of the audit chain"
        verbose_name_plural = "batches of the audit chain"
        triggers = (pgtrigger.Protect(name="batch_append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"batch {self.no}"


class AuditLeaf(models.Model):
    """One event's place in the chain. It stays when retention lets the event go, so that the chain can still be followed."""

    # A value, not a foreign key: the event may go before its leaf.
    event_id = models.PositiveBigIntegerField(primary_key=True)
    batch = models.ForeignKey(AuditBatch, on_delete=models.PROTECT, related_name="leaves", db_index=False)
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "leaf of the audit chain"
        verbose_name_plural = "leaves of the audit chain"
        constraints = (models.UniqueConstraint(fields=("batch", "event_id"), name="leaf_in_order_of_batch"),)
        triggers = (pgtrigger.Protect(name="leaf_append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"leaf of event {self.event_id}"
