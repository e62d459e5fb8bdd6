"""What the proof keeps: certificates and what was signed under them later, the sweeps, and what a sweep still has to look for."""

from __future__ import annotations

import json
from typing import Any, cast

from django.db import models

from privacy.ground import evidence
from privacy.ground.sealed import SealedJSONField


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


class SealedNeedles(models.Model):
    """What would give one erased person away, sealed until a sweep has found none of it. Never a value in clear."""

    request_reference = models.CharField(max_length=20, unique=True)
    subject_id = models.UUIDField()
    values = SealedJSONField()
    collected_at = models.DateTimeField()

    class Meta:
        verbose_name = "sealed search list"

    def __str__(self) -> str:
        return f"search list of {self.request_reference}"


class ResidueSweep(models.Model):
    """One pass over everything the shop stores: where it looked, how fast, what it found. Places and counts, never values."""

    reference = models.CharField(max_length=20, unique=True)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField()
    # Nothing of any erased person was met, and every place could be read.
    is_clean = models.BooleanField()
    coverage = models.JSONField()
    findings = models.JSONField(default=list)
    certificates = models.JSONField(default=list, help_text="References of the certificates it looked for.")

    class Meta:
        verbose_name = "residue sweep"
        ordering = ("-started_at", "-id")
        triggers = (evidence.UntilItsTime(name="sweep_is_final"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def megabytes_per_second(self) -> float:
        """How fast it read."""
        return float(self.coverage["bytes"] / 1000 / max(1, self.coverage["milliseconds"]))

    @property
    def words(self) -> str:
        """Where it looked and how fast, in one line."""
        looked = self.coverage
        found = sum(finding["count"] for finding in self.findings)
        return (
            f"{len(self.certificates)} erasures, {found} found; {looked['tables']} tables, {looked['columns']} columns, "
            f"{looked['rows']:,} rows, {looked['keys']} keys, {looked['files']} files, {looked['bytes'] / 1e6:,.1f} MB "
            f"in {looked['milliseconds'] / 1000:,.1f} s ({self.megabytes_per_second:,.0f} MB/s)"
        )


class Countersignature(models.Model):
    """The second signature under a certificate: a sweep of everything looked for this person and met nothing."""

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="countersignature")
    sweep = models.ForeignKey(ResidueSweep, on_delete=models.PROTECT, related_name="countersignatures")
    canonical = models.TextField()
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=32)
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ("-signed_at", "-id")
        triggers = (evidence.UntilItsTime(name="countersignature_is_final"),)

    def __str__(self) -> str:
        return f"countersignature of {self.certificate_id}"

    @property
    def document(self) -> dict[str, Any]:
        """What was signed, as data."""
        return cast("dict[str, Any]", json.loads(self.canonical))
