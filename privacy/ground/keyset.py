"""Walk through rows of any number in constant memory: short queries behind the last key, no cursor that stays open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)
BATCH: Final = 500


def each(rows: models.QuerySet[M], *, size: int = BATCH) -> Iterator[M]:
    """Every row of *rows* once, by primary key, also where a join finds it twice."""
    last: Any = None
    while True:
        page = list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:size])
        for row in page:
            if row.pk != last:
                last = row.pk
                yield row
        if len(page) < size:
            return
