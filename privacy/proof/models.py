"""The certificates of erasure: written once, never changed."""

from __future__ import annotations

import json
from typing import Any, cast

from django.db import models

from privacy.ground import evidence


class Certificate(models.Model):
    """What was erased, what stays and until when, signed. Carries counts, dates and references; no personal data."""

    reference = models.CharField(max_length=20, unique=True)
    # Values, not foreign keys: evidence must never stand in the way of an erasure.
    subject_id = models.UUIDField(db_index=True)
    request_reference = models.CharField(max_length=20, unique=True)
    # Canonical JSON exactly as signed, so that a verifier need not trust our own serialiser.
    canonical = models.TextField()
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=32)
    issued_at = models.DateTimeField()

    class Meta:
        verbose_name = "certificate of erasure"
        verbose_name_plural = "certificates of erasure"
        ordering = ("-issued_at", "-id")
        triggers = (evidence.UntilItsTime(name="certificate_is_final"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def document(self) -> dict[str, Any]:
        """What was signed, as data."""
        return cast("dict[str, Any]", json.loads(self.canonical))
