"""Bars for reports, as plain numbers that a template draws in SVG: no script, and nothing that the content policy could refuse.

Pure. A period that a report does not tell (fewer than ten people) is a gap, not a zero: nobody knows from the picture how few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 150
STEPS: Final = (1, 2, 4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One period: where its bar stands, how high, and what it says. *is_told* is false for a gap."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: int
    is_told: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right, lines across with their figures, and the first and last label below."""

    bars: list[Bar]
    lines: list[tuple[float, int]]
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT


def by_period(values: Mapping[date, int], *, days: int, most: int) -> Chart | None:
    """The last *most* periods of *days* each, up to the newest that *values* tells; None when it tells nothing."""
    if not values:
        return None
    newest, step = max(values), timedelta(days=days)
    oldest = max(min(values), newest - step * (most - 1))
    count = (newest - oldest).days // days + 1
    periods = [newest - step * back for back in reversed(range(count))]
    top = ceiling(max(values[period] for period in periods if period in values))
    across = WIDTH / max(count, 12)
    bars = []
    for number, period in enumerate(periods):
        value = values.get(period, 0)
        high = HEIGHT * value / top
        bars.append(
            Bar(
                round(number * across + across * 0.15, 1),
                round(HEIGHT - high, 1),
                round(across * 0.7, 1),
                round(high, 1),
                in_words(period),
                value,
                period in values,
            )
        )
    lines = [(round(HEIGHT - HEIGHT * share / 2, 1), top * share // 2) for share in (1, 2)]
    return Chart(bars, lines, in_words(periods[0]), in_words(periods[-1]))


def ceiling(value: int) -> int:
    """The next round figure that can be halved: 10, 20, 40, 60, 80, 100, 200, ..."""
    scale = 10
    while True:
        for step in STEPS:
            if value <= step * scale:
                return step * scale
        scale *= 10


def shares(values: Sequence[int], *, of: int = 100) -> list[float]:
    """Each value as a length, the largest being *of*."""
    largest = max(values, default=0)
    return [round(of * value / largest, 1) if largest else 0.0 for value in values]


def in_words(day: date) -> str:
    """`3 November`."""
    return f"{day.day} {day:%B}"
