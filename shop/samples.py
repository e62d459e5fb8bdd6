"""What an invented visitor looked at, and what an invented customer wrote."""

from __future__ import annotations

from typing import Any

from privacy.register import invented
from privacy.register.synthetic import Sketch, hint


@hint("shop.Activity")
def activity(row: Any, sketch: Sketch) -> None:
    row.object_ref = f"product/invented-{sketch.who.chance.randint(1, 50)}"


@hint("shop.Review")
def review(row: Any, sketch: Sketch) -> None:
    """One that the desk has read."""
    chance = sketch.who.chance
    row.reference, row.rating, row.language = invented.reference(chance, "RV"), chance.randint(3, 5), "en"
    row.name = sketch.who.name.partition(" ")[0]
    row.state, row.ground, row.decided_at = row.State.APPROVED, "", row.changed_at


@hint("shop.ReviewPhoto")
def photo(row: Any, sketch: Sketch) -> None:
    row.reference = invented.reference(sketch.who.chance, "PH")
