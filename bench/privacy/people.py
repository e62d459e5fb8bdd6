"""One town's access and erasures, beside the same work by hand. Run by `bench.privacy` in a process of its own.

DATABASE_URL=... LOUPE_HOME=... python -m bench.privacy.people CUSTOMERS RUNS      # prints one line of JSON
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench.privacy import floor, meter, town

BY = "system:bench"
STEP = 7919  # a prime: the people measured are spread over the whole town


def main() -> None:
    """Fill the town if it is empty, measure, print."""
    customers, runs = int(sys.argv[1]), int(sys.argv[2])
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    print(json.dumps(measured(town.Town(customers), runs)))


def measured(place: town.Town, runs: int) -> dict[str, Any]:
    """Every figure of one town."""
    without_the_network()
    numbers = [1 + (number * STEP) % (place.customers - 1) for number in range(3 * runs)]
    people = [place.subject(number) for number in dict.fromkeys(numbers)]
    readers, by_hand, by_engine = people[:runs], people[runs : 2 * runs], people[2 * runs : 3 * runs]
    warm_up(readers[:3])
    figures = {
        "access": beside(readers, floor.read, copy),
        "access of the heaviest": beside([place.heaviest] * 3, floor.read, copy),
        "erasure": beside(by_hand, floor.erase, None) | beside(by_engine, None, erasure),
        "erasure of the heaviest": beside([place.heaviest], undone, None) | beside([place.heaviest], None, erasure),
    }
    return {name: {side: asdict(spread) for side, spread in sides.items()} for name, sides in figures.items()}


def beside(
    people: list[UUID],
    by_hand: Callable[[UUID], object] | None,
    by_engine: Callable[[UUID], Callable[[], object]] | None,
) -> dict[str, meter.Spread]:
    """What both ways cost for these people, taken in turns. What the engine's way needs first is not counted."""
    costs: dict[str, list[meter.Cost]] = {}
    for who in people:
        if by_hand is not None:
            costs.setdefault("by hand", []).append(meter.cost(lambda who=who, work=by_hand: work(who)))  # type: ignore[misc]
        if by_engine is not None:
            costs.setdefault("loupe", []).append(meter.cost(by_engine(who)))
    return {side: meter.Spread.of(each) for side, each in costs.items()}


def copy(who: UUID) -> Callable[[], object]:
    """Ready to make this person's copy: a sealed ZIP on the disk."""
    from privacy.rights import access

    asked = proven(who, "access")
    return lambda: access.build(asked.pk, by=BY, at=town.NOW)


def erasure(who: UUID) -> Callable[[], object]:
    """Ready to carry out this person's erasure, to the certificate and the last mail."""
    from privacy.rights import erasure as room
    from privacy.rights import requests

    asked = requests.approve(proven(who, "erasure"), by="staff:1", at=town.NOW)
    later = town.NOW + timedelta(days=30)

    def carry_out() -> None:
        done = room.execute(asked.pk, by=BY, at=later)
        if done is None or done.state != "completed":
            blockers = list(asked.steps.exclude(blocker="").values_list("label", "blocker"))
            raise SystemExit(f"The erasure of {who} is not complete: {done and done.state}, {blockers}")

    return carry_out


def undone(who: UUID) -> None:
    """The work by hand, taken back, so that the engine finds everything as it was."""
    from django.db import transaction

    with transaction.atomic():
        floor.erase(who)
        transaction.set_rollback(True)


def proven(who: UUID, kind: str) -> Any:
    """A request that its person has proved."""
    from privacy.models import Subject
    from privacy.rights import requests

    subject = Subject.objects.get(pk=who)
    asked = requests.receive(kind, subject=subject, contact=f"{who.hex}@bench.example", by=subject, at=town.NOW)
    return requests.verify(asked, evidence="reauthenticated", by=subject, at=town.NOW)


def warm_up(people: list[UUID]) -> None:
    """Compile templates and fill the database's caches of these tables before the clock runs."""
    for who in people:
        floor.read(who)
        copy(who)()


def without_the_network() -> None:
    """Leave the calls to Stripe out on both sides: what they cost is Stripe's time."""
    from privacy.register import declare

    for slug, processor in declare.PROCESSORS.items():
        declare.PROCESSORS[slug] = dataclasses.replace(processor, eraser=None)


if __name__ == "__main__":
    main()
