"""Loose stones: the public diamonds data set as it is, and made-up ones for what it lacks.

The data set (ggplot2's `diamonds`, MIT licence) has 53,940 rows: round, origin not stated, no certificates. What it
says is kept as it says it; where it cannot be true it is left out (`measured`), and a row that repeats another to
the last digit may be the same stone listed twice, so its later copies are withheld from sale. The made-up stones
add other shapes and laboratory-grown ones, and are marked as made up. Certificate numbers are made up throughout.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from django.db import connection, transaction

from privacy.ground.references import ALPHABET
from shop.models import Clarity, Colour, Cut, Shape, Stone, StoneOrigin

DATA: Final = Path(__file__).resolve().parent.parent / "data" / "diamonds.csv.gz"
LAB: Final = "Demonstration"
CURRENCY: Final = "USD"
#: No stone of up to 5.01 ct is wider; a larger figure is a slip of the keyboard.
WIDEST_MM: Final = Decimal(15)

CUTS: Final[Mapping[str, int]] = {
    "Ideal": Cut.IDEAL,
    "Premium": Cut.PREMIUM,
    "Very Good": Cut.VERY_GOOD,
    "Good": Cut.GOOD,
    "Fair": Cut.FAIR,
}


#: How many stones each source has.
COUNTS: Final[Mapping[str, int]] = {Stone.Source.DATASET: 53_940, Stone.Source.DEMO: 6_000}


class Row(NamedTuple):
    """One stone as it is copied into the database; the columns of the COPY, in order."""

    ref: str
    source: str
    shape: str
    origin: str
    carat: str
    cut: int | None
    colour: int
    clarity: int
    depth_pct: str
    table_pct: str
    x_mm: str | None
    y_mm: str | None
    z_mm: str | None
    price_minor: int
    currency: str
    is_settable: bool
    status: str
    certificate: str


def reference(source: str, number: int) -> tuple[str, str]:
    """A stone's reference and its demo certificate number: neither counts, both are the same at every load."""
    digest = blake2b(f"{source}:{number}".encode(), digest_size=16).digest()
    bits = int.from_bytes(digest[:8])
    letters = "".join(ALPHABET[(bits >> 5 * place) % len(ALPHABET)] for place in range(8))
    return f"ST-{letters[:4]}-{letters[4:]}", f"DEMO-{int.from_bytes(digest[8:]) % 10**10:010d}"


def measured(x: str, y: str, z: str) -> tuple[str, str, str] | tuple[None, None, None]:
    """The three dimensions in millimetres, or none of them when one cannot be true."""
    if all(0 < Decimal(side) <= WIDEST_MM for side in (x, y, z)):
        return x, y, z
    return None, None, None


def dataset() -> Iterator[Row]:
    """The rows of the data set, in its order."""
    seen: Counter[tuple[str, ...]] = Counter()
    with gzip.open(DATA, "rt", encoding="ascii", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        for number, row in enumerate(rows, start=1):
            carat, cut, colour, clarity, depth, table, price, x, y, z = row
            ref, certificate = reference(Stone.Source.DATASET, number)
            x_mm, y_mm, z_mm = measured(x, y, z)
            repeats = seen[tuple(row)] > 0
            seen[tuple(row)] += 1
            yield Row(
                ref,
                Stone.Source.DATASET,
                Shape.ROUND,
                StoneOrigin.UNSTATED,
                carat,
                CUTS[cut],
                Colour[colour],
                Clarity[clarity],
                depth,
                table,
                x_mm,
                y_mm,
                z_mm,
                int(price) * 100,
                CURRENCY,
                x_mm is not None,
                Stone.Status.WITHHELD if repeats else Stone.Status.AVAILABLE,
                certificate,
            )


@dataclass(frozen=True, slots=True)
class Habit:
    """How stones of one shape come out: ratio of length to width, depth and table in %, and their volume."""

    share: int
    ratio: tuple[float, float]
    depth: tuple[float, float]
    table: tuple[float, float]
    #: Carats per cubic millimetre of length x width x height.
    density: float


HABITS: Final[Mapping[Shape, Habit]] = {
    Shape.ROUND: Habit(12, (1.00, 1.02), (59.5, 63.0), (54.0, 60.0), 0.0061),
    Shape.OVAL: Habit(20, (1.30, 1.55), (58.0, 64.0), (54.0, 63.0), 0.0062),
    Shape.CUSHION: Habit(14, (1.00, 1.18), (61.0, 69.0), (56.0, 66.0), 0.0081),
    Shape.PRINCESS: Habit(12, (1.00, 1.05), (68.0, 76.0), (65.0, 75.0), 0.0083),
    Shape.EMERALD: Habit(12, (1.30, 1.50), (61.0, 69.0), (60.0, 69.0), 0.0080),
    Shape.PEAR: Habit(10, (1.45, 1.70), (57.0, 65.0), (54.0, 63.0), 0.0061),
    Shape.RADIANT: Habit(7, (1.00, 1.35), (61.0, 69.0), (60.0, 69.0), 0.0081),
    Shape.MARQUISE: Habit(5, (1.85, 2.15), (57.0, 64.0), (53.0, 62.0), 0.0058),
    Shape.ASSCHER: Habit(5, (1.00, 1.05), (61.0, 68.0), (60.0, 68.0), 0.0080),
    Shape.HEART: Habit(3, (0.95, 1.05), (56.0, 62.0), (54.0, 62.0), 0.0059),
}
DEMO_SEED: Final = 20_261_122
#: What one carat of the best grades costs, in dollars; a laboratory-grown one costs a fraction.
CARAT_PRICE: Final = 11_800
LAB_PRICE_PERCENT: Final = 24


def demo() -> Iterator[Row]:
    """Made-up stones: other shapes of both origins, and round ones only as laboratory-grown."""
    rng = random.Random(DEMO_SEED)  # noqa: S311  a fixed seed: the same stones at every load
    shapes, shares = list(HABITS), [habit.share for habit in HABITS.values()]
    for number in range(1, COUNTS[Stone.Source.DEMO] + 1):
        shape = rng.choices(shapes, shares)[0]
        lab = shape is Shape.ROUND or rng.random() < 0.5
        yield _made_up(number, shape, StoneOrigin.LAB if lab else StoneOrigin.NATURAL, rng)


def _made_up(number: int, shape: Shape, origin: StoneOrigin, rng: random.Random) -> Row:
    """One made-up stone whose weight, proportions, dimensions and price agree with each other."""
    habit = HABITS[shape]
    carat = round(min(5.0, 0.3 + rng.expovariate(1.3)), 2)
    depth, table = round(rng.uniform(*habit.depth), 1), float(round(rng.uniform(*habit.table)))
    ratio = rng.uniform(*habit.ratio)
    width = (carat / (habit.density * ratio * depth / 100)) ** (1 / 3)
    colour = Colour(rng.choices(range(1, 8), (12, 16, 18, 20, 16, 11, 7))[0])
    clarity = Clarity(rng.choices(range(1, 9), (4, 9, 13, 20, 22, 18, 11, 3))[0])
    cut = Cut(rng.choices(range(1, 6), (50, 25, 15, 8, 2))[0]) if shape is Shape.ROUND else None
    quality = (1 - 0.085 * (colour - 1)) * (1 - 0.09 * (clarity - 1)) * (1 - 0.04 * ((cut or 2) - 1))
    dollars = CARAT_PRICE * carat**1.75 * quality * rng.uniform(0.9, 1.1)
    if origin is StoneOrigin.LAB:
        dollars = dollars * LAB_PRICE_PERCENT / 100
    ref, certificate = reference(Stone.Source.DEMO, number)
    return Row(
        ref,
        Stone.Source.DEMO,
        shape,
        origin,
        f"{carat:.2f}",
        cut,
        colour,
        clarity,
        f"{depth:.1f}",
        f"{table:.1f}",
        f"{width * ratio:.2f}",
        f"{width:.2f}",
        f"{width * depth / 100:.2f}",
        max(90, round(dollars / 10) * 10) * 100,
        CURRENCY,
        True,
        Stone.Status.AVAILABLE,
        certificate,
    )


def is_complete(source: str) -> bool:
    """Whether every stone of a source is there, so that nobody need read the data to add nothing."""
    return Stone.objects.filter(source=source).count() == COUNTS[source]


@transaction.atomic
def load(rows: Iterable[Row]) -> int:
    """Add the stones that are missing, each with its certificate; returns how many were added."""
    stone_columns = ", ".join(field for field in Row._fields if field != "certificate")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arriving (LIKE shop_stone) ON COMMIT DROP")
        cursor.execute("ALTER TABLE arriving DROP COLUMN id, ADD COLUMN certificate text NOT NULL")
        cursor.copy_expert(f"COPY arriving ({', '.join(Row._fields)}) FROM STDIN WITH (FORMAT csv)", _as_csv(rows))
        cursor.execute(
            f"INSERT INTO shop_stone ({stone_columns}) "  # noqa: S608  names of ours
            f"SELECT {stone_columns} FROM arriving ON CONFLICT (ref) DO NOTHING"
        )
        added = int(cursor.rowcount)
        cursor.execute(
            "INSERT INTO shop_certificate (stone_id, lab, number, is_demo) "
            "SELECT stone.id, %s, arriving.certificate, true FROM arriving JOIN shop_stone stone USING (ref) "
            "WHERE stone.status <> %s ON CONFLICT (stone_id) DO NOTHING",
            [LAB, Stone.Status.SOLD],  # the certificate of a sold stone is its owner's
        )
        cursor.execute("DROP TABLE arriving")
    return added


def _as_csv(rows: Iterable[Row]) -> io.StringIO:
    """The rows as COPY reads them; an empty field is a null."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    text.seek(0)
    return text
