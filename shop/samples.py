"""What an invented visitor looked at."""

from __future__ import annotations

from typing import Any

from privacy.register.synthetic import Sketch, hint


@hint("shop.Activity")
def activity(row: Any, sketch: Sketch) -> None:
    row.object_ref = f"product/invented-{sketch.who.chance.randint(1, 50)}"
