"""Drawings of loose stones as SVG: the outline of a shape, and proportions seen from the side.

Without styles or scripts, so that the content policy has nothing to refuse; lines take the colour of the text.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians, sin, tan
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from shop.models import Shape

#: The data tells depth and table only; a crown of this angle is what most stones have, and the page says it is assumed.
CROWN_DEGREES: Final = 34.5
GIRDLE_PERCENT: Final = 3.0
#: A stone drawn with less below its girdle than this would not look like one.
LEAST_PAVILION: Final = 12.0

#: Where the facets of a brilliant meet, as a share of the way from the middle to the girdle.
TABLE, STARS = 0.56, 0.76


def _brilliant(across: int, along: int) -> str:
    """A brilliant's crown from above, given its half axes: girdle, table, stars, kites and the halves between them."""

    def point(degrees: float, share: float) -> str:
        x, y = across * share * cos(radians(degrees)), along * share * sin(radians(degrees))
        return f"{24 + x:.1f} {24 + y:.1f}"

    corners, tips = [22.5 + 45 * n for n in range(8)], [45.0 * n for n in range(8)]
    table = "L".join(point(corner, TABLE) for corner in corners)
    stars = "L".join(point(22.5 * n, STARS if n % 2 == 0 else TABLE) for n in range(16))
    kites = "L".join(point(22.5 * n, STARS if n % 2 == 0 else 1) for n in range(16))
    halves = "".join(f"M{point(tip, STARS)}L{point(tip, 1)}" for tip in tips)
    return f'<ellipse cx="24" cy="24" rx="{across}" ry="{along}"/><path d="M{table}ZM{stars}ZM{kites}Z{halves}"/>'


#: The girdle from above, and the facets in it.
OUTLINES: Final = {
    Shape.ROUND: _brilliant(20, 20),
    Shape.OVAL: _brilliant(15, 21),
    Shape.CUSHION: (
        '<rect x="5" y="5" width="38" height="38" rx="11"/>'
        '<path d="M24 12 33 15 36 24 33 33 24 36 15 33 12 24 15 15Z"/>'
    ),
    Shape.PRINCESS: (
        '<path d="M5 5H43V43H5Z"/><path d="M14 14H34V34H14ZM5 5 14 14M43 5 34 14M43 43 34 34M5 43 14 34"/>'
    ),
    Shape.EMERALD: ('<path d="M14 4H34L40 10V38L34 44H14L8 38V10Z"/><path d="M17 11H31L33 13V35L31 37H17L15 35V13Z"/>'),
    Shape.PEAR: (
        '<path d="M24 3C33 13 39 21 39 30A15 15 0 0 1 9 30C9 21 15 13 24 3Z"/><path d="M24 15 31 28 24 37 17 28Z"/>'
    ),
    Shape.MARQUISE: (
        '<path d="M24 2C34 12 37 18 37 24S34 36 24 46C14 36 11 30 11 24S14 12 24 2Z"/>'
        '<path d="M24 13 30 24 24 35 18 24Z"/>'
    ),
    Shape.RADIANT: (
        '<path d="M12 4H36L42 10V38L36 44H12L6 38V10Z"/><path d="M24 11 33 15 35 24 33 33 24 37 15 33 13 24 15 15Z"/>'
    ),
    Shape.ASSCHER: ('<path d="M15 5H33L43 15V33L33 43H15L5 33V15Z"/><path d="M19 14H29L34 19V29L29 34H19L14 29V19Z"/>'),
    Shape.HEART: (
        '<path d="M24 44C12 34 4 26 4 16A10 10 0 0 1 24 13A10 10 0 0 1 44 16C44 26 36 34 24 44Z"/>'
        '<path d="M24 18 33 19 24 34 15 19Z"/>'
    ),
}


@lru_cache(maxsize=32)
def outline(shape: str, alt: str = "") -> SafeString:
    """A shape from above."""
    naming = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true"'
    return mark_safe(  # noqa: S308  our own paths, an escaped label
        f'<svg class="drawing drawing--outline" viewBox="0 0 48 48" {naming} fill="none" stroke="currentColor" '
        f'stroke-linejoin="round">{OUTLINES[Shape(shape)]}</svg>'
    )


@lru_cache(maxsize=4096)
def proportions(depth: float, table: float) -> SafeString:
    """A stone from the side: crown, girdle and pavilion to scale, from depth and table in per cent of the width."""
    crown, pavilion = _heights(depth, table)
    left, right = (100 - table) / 2, (100 + table) / 2
    girdle_top, girdle_end, point = crown, crown + GIRDLE_PERCENT, crown + GIRDLE_PERCENT + pavilion
    shape = f"M{left:.1f} 0H{right:.1f}L100 {girdle_top:.1f}V{girdle_end:.1f}L50 {point:.1f}L0 {girdle_end:.1f}V{girdle_top:.1f}Z"
    facets = (
        f"M0 {girdle_top:.1f}H100M0 {girdle_end:.1f}H100M{left:.1f} 0L{left / 2 + 12:.1f} {girdle_top:.1f}L50 0"
        f"L{100 - left / 2 - 12:.1f} {girdle_top:.1f}L{right:.1f} 0M25 {girdle_end:.1f}L50 {point:.1f}L75 {girdle_end:.1f}"
    )
    return mark_safe(  # noqa: S308  numbers only
        f'<svg class="drawing drawing--proportions" viewBox="-2 -2 104 {max(point, 60) + 4:.1f}" aria-hidden="true" fill="none" '
        f'stroke="currentColor" stroke-linejoin="round"><path d="{shape}" stroke-width="1.4"/>'
        f'<path d="{facets}" stroke-width=".6" stroke-opacity=".6"/></svg>'
    )


def _heights(depth: float, table: float) -> tuple[float, float]:
    """Crown and pavilion in per cent of the width; they give way when depth and table contradict each other."""
    crown = (100 - table) / 2 * tan(radians(CROWN_DEGREES))
    pavilion = depth - crown - GIRDLE_PERCENT
    if pavilion < LEAST_PAVILION:
        crown, pavilion = max(0.0, depth - GIRDLE_PERCENT - LEAST_PAVILION), LEAST_PAVILION
    return crown, pavilion


#: The height of a histogram in its own units; the style sheet stretches it.
HISTOGRAM_HEIGHT: Final = 24


@lru_cache(maxsize=512)
def histogram(counts: tuple[int, ...], inside: tuple[bool, ...]) -> SafeString:
    """Bars for counts, those inside a range marked. The root of each count, so that rare stones can be seen at all."""
    most = max(counts, default=0) or 1
    width = 100 / max(len(counts), 1)
    bars = ""
    for place, (count, is_in) in enumerate(zip(counts, inside, strict=True)):
        height = (count / most) ** 0.5 * HISTOGRAM_HEIGHT
        mark = ' class="is-in"' if is_in else ""
        top = HISTOGRAM_HEIGHT - height
        bars += f'<rect x="{place * width:.2f}" y="{top:.1f}" width="{width * 0.8:.2f}" height="{height:.1f}"{mark}/>'
    return mark_safe(  # noqa: S308  numbers only
        f'<svg class="histogram" viewBox="0 0 100 {HISTOGRAM_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>'
    )
