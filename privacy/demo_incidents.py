"""Two leaks in the demo: one that is closed with all it needs, and one that is contained and has something left to do.

Safe to run again: with any incident there, nothing is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from privacy.models import Incident, IncidentEntry
from privacy.rights import incidents

DESK: Final = "staff:demo"
AUTHORITY: Final = "California Attorney General"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIST: Final = {
    "happened": "A list of parcels was mailed to a carrier that carries none of ours. It named recipients, streets and towns.",
    "consequences": "Somebody may know where jewellery was delivered, and pretend to be a carrier.",
    "measures": "The carrier deleted the list and confirmed it in writing. Lists are handed over through their portal only.",
    "advice": "Let nobody in who comes for a parcel that you did not send back.",
}
LAPTOP: Final = {
    "happened": "A laptop of the order desk was stolen from a train. It was locked; whether its disk was encrypted is not known.",
    "consequences": "If it was not, somebody may read a few recent orders.",
    "measures": "Its sessions were ended and its keys withdrawn within the hour.",
    "advice": "Trust no message about your order that asks for money.",
}


def load(*, at: datetime) -> int:
    """Write both down as they were followed. Returns how many are new."""
    if Incident.objects.exists():
        return 0
    _closed(at - 40 * DAY)
    _open(at - 3 * DAY)
    return 2


def _closed(then: datetime) -> None:
    leak = _told("Parcel list sent to the wrong carrier", LIST, then)
    outcomes = (
        "The carrier deleted it.",
        "Mail and answer are filed.",
        "The address book was old.",
        "The portal is the only way now.",
    )
    for action, outcome in zip(leak.actions.order_by("pk"), outcomes, strict=True):
        incidents.finish(action, outcome=outcome, by=DESK, at=then + 6 * DAY)
    incidents.close(leak, lessons="Nothing that names people leaves by mail.", by=DESK, at=then + 7 * DAY)


def _open(then: datetime) -> None:
    leak = _told("Laptop of the order desk stolen", LAPTOP, then)
    stop = leak.actions.order_by("pk").first()
    assert stop is not None
    incidents.finish(stop, outcome="Sessions ended, keys withdrawn.", by=DESK, at=then + HOUR)
    due_on = (then + 10 * DAY).date()
    incidents.ask(
        leak, task="Ask the maker whether its disk was encrypted", owner="owner", due_on=due_on, by=DESK, at=then + DAY
    )


def _told(title: str, words: Mapping[str, str], then: datetime) -> Incident:
    """Noticed, contained, weighed, and the authority told within its hours."""
    start, targets = then - 2 * DAY, ["orders.Order"]
    leak = incidents.open(title, noticed_at=then, targets=targets, start=start, end=then, by=DESK, at=then + HOUR)
    found = IncidentEntry.Kind.FOUND
    incidents.note(leak, kind=found, text=words["happened"], happened_at=then, by=DESK, at=then + HOUR)
    incidents.contain(leak, how=words["measures"], contained_at=then + HOUR, by=DESK, at=then + 2 * HOUR)
    incidents.weigh(leak, risk=Incident.Risk.SOME, reason="Addresses, no payment data.", by=DESK, at=then + 3 * HOUR)
    incidents.write(leak, words, by=DESK, at=then + 4 * HOUR)
    told_at = then + 20 * HOUR
    text = f"{words['happened']}\n\n{words['consequences']}\n\n{words['measures']}"
    incidents.tell_authority(
        leak, authority=AUTHORITY, text=text, told_at=told_at, receipt="AG-2207", by=DESK, at=told_at
    )
    return Incident.objects.get(pk=leak.pk)
