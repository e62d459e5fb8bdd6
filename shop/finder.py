"""Finding loose stones: by grades, ticked in any number, and by weight, price and proportions, from and to.

Counts come from one statement per set of ranges, grouped by all five graded columns and remembered a few seconds; ticking
a grade then counts in memory. The rows of a page are one more statement.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Count

from shop import wording
from shop.facets import Facet, Option, Tally, Thing, tally
from shop.models import Clarity, Colour, Cut, Shape, Stone, StoneOrigin
from shop.paging import Pages
from shop.recall import recalled


class Grade(NamedTuple):
    """One graded column: how it is called, its values as stored, and how an address and a page spell each of them."""

    legend: str
    spelling: Mapping[Any, str]
    labels: Mapping[Any, str]


def _slugged(labels: Mapping[int, str]) -> dict[int, str]:
    return {value: label.lower().replace(" ", "-") for value, label in labels.items()}


#: The facets in the order of the page; also the columns the counts are grouped by.
GRADES: Final[Mapping[str, Grade]] = {
    "shape": Grade("Shape", {shape.value: shape.value for shape in Shape}, wording.SHAPES),
    "origin": Grade("Origin", {origin.value: origin.value for origin in StoneOrigin}, wording.ORIGINS),
    "cut": Grade("Cut of round stones", _slugged(wording.CUTS), wording.CUTS),
    "colour": Grade("Colour", wording.COLOURS, wording.COLOURS),
    "clarity": Grade("Clarity", wording.CLARITIES, wording.CLARITIES),
}
#: Spelt value to stored value, by facet.
STORED: Final = {name: {spelt: value for value, spelt in grade.spelling.items()} for name, grade in GRADES.items()}
#: The ranges of the page, and the column each is about.
RANGES: Final[Mapping[str, str]] = {
    "carat": "carat",
    "price": "price_minor",
    "depth": "depth_pct",
    "table": "table_pct",
}
SORTS: Final[Mapping[str, tuple[str, str]]] = {
    "price": ("price_minor", "id"),
    "-price": ("-price_minor", "-id"),
    "carat": ("carat", "id"),
    "-carat": ("-carat", "-id"),
}
SORT_LABELS: Final = (
    ("price", "Price, low to high"),
    ("-price", "Price, high to low"),
    ("-carat", "Weight, heavy to light"),
    ("carat", "Weight, light to heavy"),
)


class Range(NamedTuple):
    """From and to, both included; None is open."""

    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody is looking for: stored values per facet, and ranges in stored units."""

    ticked: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)


class StoneRow(NamedTuple):
    """What a list says of a stone."""

    ref: str
    shape: str
    origin: str
    carat: Decimal
    cut: int | None
    colour: int
    clarity: int
    depth_pct: Decimal
    table_pct: Decimal
    price_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Found:
    """One page of stones, and what the facets say beside it."""

    rows: list[StoneRow]
    total: int
    facets: list[Facet]
    pages: Pages


def find_stones(filters: Filters, *, sort: str = "price", page: int = 1) -> Found:
    """The stones on sale that these filters find. Two statements at most."""
    counted = _counted(filters)
    pages = Pages.of(counted.total, page)
    stones = Stone.objects.on_sale().filter(**_lookups(filters.ranges))
    for name, values in filters.ticked.items():
        if values:
            stones = stones.filter(**{f"{name}__in": sorted(values)})
    rows = stones.order_by(*SORTS[sort]).values_list(*StoneRow._fields)[pages.rows] if counted.total else []
    return Found([StoneRow._make(row) for row in rows], counted.total, _facets(counted, filters), pages)


def count_stones(filters: Filters) -> int:
    """How many stones these filters find."""
    return _counted(filters).total


class Bars(NamedTuple):
    """How the stones on sale are spread over one range: counts of equal steps, the last one open above."""

    name: str
    counts: tuple[int, ...]
    #: Which steps the range asked for reaches into.
    inside: tuple[bool, ...]


#: The ranges worth a picture: where the first step begins and the last one ends, in stored units.
SPREADS: Final[Mapping[str, tuple[Decimal, Decimal]]] = {
    "carat": (Decimal("0.20"), Decimal("2.60")),
    "price": (Decimal(0), Decimal(18_000_00)),
}
STEPS: Final = 24


def spreads(filters: Filters) -> list[Bars]:
    """The spread of weights and prices over everything on sale, with the ranges asked for marked."""
    return [Bars(name, counts, _inside(name, filters.ranges.get(name, Range()))) for name, counts in _spreads().items()]


@recalled
def _spreads() -> dict[str, tuple[int, ...]]:
    """Stones on sale per step of each spread, in one pass over the table."""
    (carat_low, carat_high), (price_low, price_high) = SPREADS["carat"], SPREADS["price"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT width_bucket(carat, %s, %s, %s), width_bucket(price_minor, %s, %s, %s), count(*) "
            "FROM shop_stone WHERE status = 'available' GROUP BY GROUPING SETS ((1), (2))",
            [carat_low, carat_high, STEPS, price_low, price_high, STEPS],
        )
        rows = cursor.fetchall()
    counts = {name: [0] * STEPS for name in SPREADS}
    for carat, price, number in rows:
        name, step = ("carat", carat) if carat is not None else ("price", price)
        counts[name][min(max(step, 1), STEPS) - 1] += number
    return {name: tuple(steps) for name, steps in counts.items()}


def _inside(name: str, asked: Range) -> tuple[bool, ...]:
    low, high = SPREADS[name]
    step = (high - low) / STEPS
    return tuple(
        (asked.low is None or asked.low < low + step * (place + 1) or place == STEPS - 1)
        and (asked.high is None or asked.high >= low + step * place)
        for place in range(STEPS)
    )


def _counted(filters: Filters) -> Tally[None]:
    ticked = tuple(frozenset(filters.ticked.get(name, ())) for name in GRADES)
    return _tally(tuple(sorted(filters.ranges.items())), ticked)


@recalled
def _tally(ranges: tuple[tuple[str, Range], ...], ticked: tuple[frozenset[Any], ...]) -> Tally[None]:
    return tally(_cells(ranges), ticked)


@recalled
def _cells(ranges: tuple[tuple[str, Range], ...]) -> list[Thing[None]]:
    """Stones alike in every grade, counted together, within these ranges."""
    cells = (
        Stone.objects.on_sale()
        .filter(**_lookups(dict(ranges)))
        .values_list(*GRADES)
        .annotate(number=Count("*"))
        .order_by()
    )
    return [Thing(None, number, [grades]) for *grades, number in cells]


def _lookups(ranges: Mapping[str, Range]) -> dict[str, Decimal]:
    """Ranges as filter arguments."""
    lookups = {}
    for name, (low, high) in ranges.items():
        if low is not None:
            lookups[f"{RANGES[name]}__gte"] = low
        if high is not None:
            lookups[f"{RANGES[name]}__lte"] = high
    return lookups


def _facets(counted: Tally[None], filters: Filters) -> list[Facet]:
    return [
        Facet(name, grade.legend, _options(grade, counts, filters.ticked.get(name, ())))
        for (name, grade), counts in zip(GRADES.items(), counted.counts, strict=True)
    ]


def _options(grade: Grade, counts: Mapping[Any, int], ticked: Collection[Any]) -> tuple[Option, ...]:
    """The values worth showing: those that would find something, and those that are ticked."""
    return tuple(
        Option(spelt, grade.labels[value], counts.get(value, 0), value in ticked)
        for value, spelt in grade.spelling.items()
        if counts.get(value) or value in ticked
    )


def at_least(name: str, spelt: str) -> frozenset[Any]:
    """A grade and every better one: grades are numbered from the best."""
    best_to_worst = {"colour": Colour, "clarity": Clarity, "cut": Cut}[name]
    return frozenset(grade for grade in best_to_worst.values if grade <= STORED[name][spelt])
