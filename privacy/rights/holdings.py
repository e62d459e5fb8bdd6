"""What is held about one person right now, category by category, as the register tells it.

Read by the privacy centre, the copy and the plan of an erasure, so that the three can never disagree. One statement counts them
all, and each kind that is shown takes one more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from babel.numbers import format_currency, get_currency_precision
from django.db import models

from privacy.register import activities, presence, registry
from privacy.register.declare import Declaration, Family

GLIMPSE = 5


@dataclass(frozen=True)
class Entry:
    """One row: its values for machines, and those that say something for a page."""

    title: str
    values: dict[str, Any]
    facts: list[tuple[str, Any]]
    until: datetime | None


@dataclass(frozen=True)
class Holding:
    """Everything of one kind that is held about the person."""

    declaration: Declaration
    family: Family
    count: int

    @property
    def label(self) -> str:
        """`Addresses`."""
        return self.declaration.label

    @cached_property
    def about(self) -> activities.Row:
        """What the policy page says of this kind: the same line, from the same function."""
        return activities.row(self.declaration)

    @property
    def reasons(self) -> list[str]:
        """`to deliver to you`, for each purpose."""
        return self.about.purposes

    @property
    def bases(self) -> list[str]:
        """The lawful bases, each once."""
        return self.about.bases

    @property
    def categories(self) -> list[str]:
        """The categories of data in it, each once."""
        return self.about.categories

    @property
    def sources(self) -> list[str]:
        """Where the values come from, each once."""
        return self.about.sources

    @property
    def recipients(self) -> list[str]:
        """Who else received some of it, each once."""
        return self.about.recipients

    @property
    def retention(self) -> str:
        """`7 years`, `while you have an account`."""
        return self.about.retention

    def entries(self) -> Iterator[Entry]:
        """Every row, in the order it was made, in constant memory."""
        for row in rows_of(self.declaration, self.family).iterator(chunk_size=500):
            yield entry(self.declaration, row)
        if self.declaration.visible:
            for row in self.declaration.visible_rows(self.family).order_by("pk").iterator(chunk_size=500):
                yield entry(self.declaration, row, visible=True)

    @cached_property
    def glimpse(self) -> list[Entry]:
        """The first few rows, for a page."""
        own = [entry(self.declaration, row) for row in rows_of(self.declaration, self.family)[:GLIMPSE]]
        if not self.declaration.visible or len(own) == GLIMPSE:
            return own
        seen = self.declaration.visible_rows(self.family).order_by("pk")[: GLIMPSE - len(own)]
        return own + [entry(self.declaration, row, visible=True) for row in seen]

    @property
    def unseen(self) -> int:
        """How many rows the glimpse leaves out."""
        return max(0, self.count - GLIMPSE)


def of(family: Family) -> list[Holding]:
    """What is held, empty kinds left out, by label."""
    here = presence.counted(family)
    held = (Holding(each, family, sum(here[each.model])) for each in registry.all_declared() if each.model in here)
    return [holding for holding in held if shows_anything(holding.declaration)]


def rows_of(declaration: Declaration, family: Family) -> models.QuerySet[Any]:
    """The person's rows in the order they were made, each with the rows it hangs on, which its end date may come from."""
    rows = declaration.rows(family).order_by("pk").distinct()
    parents = [path.rpartition("__")[0] for path in declaration.paths if "__" in path]
    return rows.select_related(*parents) if parents else rows


def count(declaration: Declaration, family: Family) -> int:
    """How many rows of this kind are the person's."""
    return declaration.rows(family).order_by().values("pk").distinct().count()


def shows_anything(declaration: Declaration) -> bool:
    """Whether a copy shows any of its fields; plumbing between rows is not a thing held *about* somebody."""
    return bool(registry.exported(declaration))


def entry(declaration: Declaration, row: models.Model, *, visible: bool = False) -> Entry:
    """One row in words: what the app calls it, its values, and until when it stays."""
    title = declaration.describe(row) if declaration.describe else ""
    shown = registry.shown(declaration, row, visible=visible)
    raw = dict(zip(registry.exported(declaration, visible=visible), shown.items(), strict=True))
    facts = [(label, readable(row, name, value, declaration)) for name, (label, value) in raw.items()]
    return Entry(
        title, shown, [fact for fact in facts if fact[1] not in (None, "", [], {})], declaration.retention.until(row)
    )


def readable(row: models.Model, name: str, value: Any, declaration: Declaration) -> Any:
    """Money with its currency; any other value as it is (`words.said` puts it into words on a page)."""
    currency = _currency(row, declaration) if name.endswith("_minor") else ""
    if not currency or not isinstance(value, int):
        return value
    amount = Decimal(value).scaleb(-get_currency_precision(currency))
    return str(format_currency(amount, currency, locale="en_US"))


def _currency(row: Any, declaration: Declaration) -> str:
    """The currency of the row, or of the nearest row it hangs on."""
    path = declaration.reach if isinstance(declaration.reach, str) else ""
    for hop in ("", *path.split("__")[:-1]):
        row = getattr(row, hop) if hop else row
        if currency := getattr(row, "currency", ""):
            return str(currency)
    return ""


def field_words(declaration: Declaration, names: list[str]) -> list[str]:
    """The readable names of some of its fields."""
    return [declaration.label_of(name) for name in names]
