"""Where somebody lives, as far as it says whose law counts: `US-CA`, `DE`; empty where nobody knows, and then every law counts.

It follows from the address that somebody uses first, else from where their first order of their own went; nobody is asked for it.
What it decides: the clocks (`rights.deadlines`), the grounds of a no (`rights.grounds`), to whom one may complain (`authorities`).
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from holidays.countries.united_states import US

from privacy.ground import audit
from privacy.register import subjects
from privacy.register.models import Subject


def place(country: str, region: str = "") -> str:
    """The place of an address: a country, and in the United States the state, typed as `CA` or `California`."""
    state = _states().get(region.strip().upper(), "") if country == "US" else ""
    return f"US-{state}" if state else country


def note(subject: Subject, where: str, *, by: audit.Actor, at: datetime) -> None:
    """They live at *where*, a `place`: from now on its law counts. *Writes* every record of theirs; the trail says not where."""
    theirs = Subject.objects.filter(pk__in=subjects.family(subject), erased_at=None)
    if where and theirs.exclude(residence=where).update(residence=where):
        audit.append("subject.residence_noted", subject=subject, obj=subject, by=by, at=at)


def suppose(subject: Subject, where: str, *, by: audit.Actor, at: datetime) -> None:
    """They seem to live at *where*: noted where nothing better is known."""
    known = Subject.objects.filter(pk__in=subjects.family(subject)).exclude(residence="")
    if not known.exists():
        note(subject, where, by=by, at=at)


@cache
def _states() -> dict[str, str]:
    """Every state and territory by its name and its two letters, in capitals."""
    named = {name.upper(): code for code, names in US.get_subdivision_aliases().items() for name in names}
    return named | {code: code for code in US.subdivisions}
