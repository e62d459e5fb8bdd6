"""Sums that are kept: what a report said of a period once it was over, in which nobody can be found."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q


class KeptSum(models.Model):
    """One line of one report. Written once, never changed: what somebody has erased afterwards cannot be read off a difference."""

    report = models.SlugField(max_length=20)
    since = models.DateField("begins")
    kind = models.CharField(max_length=8)
    what = models.CharField(max_length=120, blank=True)
    times = models.PositiveBigIntegerField()
    people = models.PositiveBigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["report", "since", "kind", "what"], name="kept_sum_once"),
            models.CheckConstraint(condition=Q(people__gte=10, times__gte=models.F("people")), name="kept_sum_of_ten"),
        )
        triggers = (pgtrigger.Protect(name="kept_sum_is_final", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.report} {self.since} {self.kind} {self.what}"
