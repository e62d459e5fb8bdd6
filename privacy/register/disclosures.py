"""Who was given what about whom, and when: one row for each call that leaves the house, written before anything is sent.

An adapter asks `address` where it may go (a host that its processor's declaration names, over TLS) and calls `record` with every
key that is about to leave; the row is committed first, so that nothing is given away without it. A company with which too little is
agreed (`agreements`) gets nothing. An adapter too deep down to know for whom it works reads `occasion`, which the room above has
opened; without one it sends nothing.

The rows name the person by number only. They are the person's answer to "who received it?" (GDPR Art. 15(1)(c) and 19).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final, NotRequired, TypedDict, Unpack
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max

from privacy.ground import audit
from privacy.register import agreements, payloads, registry
from privacy.register.demand_models import Demand
from privacy.register.models import Disclosure
from privacy.register.vocabulary import Purpose

OVER_TLS: Final = frozenset({"https", "smtps", "smtp+tls"})
CHOSEN_BY_YOU: Final = "chosen_by_you"
"""Not a processor: whom the person had a copy sent to. What it gets and where it stands, they said themselves."""


class NotAllowed(Exception):
    """An adapter was about to connect somewhere that its processor's declaration does not name, or without TLS."""


class NoOccasion(Exception):
    """An adapter was called by nobody who said whom it is about: it sends nothing."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """For whom an adapter works just now, and on whose word."""

    subject_id: UUID | None
    reference: str
    by: audit.Actor
    at: datetime


_now: ContextVar[Occasion] = ContextVar("occasion")


@contextmanager
def occasion(*, subject_id: UUID | None, reference: str = "", by: audit.Actor, at: datetime) -> Iterator[None]:
    """Say for whom the calls within are made. Where one is open already, this one counts until it ends."""
    token = _now.set(Occasion(subject_id, reference, by, at))
    try:
        yield
    finally:
        _now.reset(token)


def current() -> Occasion:
    """The occasion that the room above has opened. *Raises* `NoOccasion`."""
    try:
        return _now.get()
    except LookupError:
        raise NoOccasion


def address(processor: str, url: str) -> str:
    """The host of *url*, if the processor's adapter may connect there. *Raises* `NotAllowed`.

    In the demo a stand-in on this very machine may take anybody's place, without TLS.
    """
    to = urlsplit(url)
    host = (to.hostname or "").lower()
    if settings.IS_DEMO and _is_here(host):
        return host
    if to.scheme not in OVER_TLS:
        raise NotAllowed(f"{processor} is only reached over TLS, not by {to.scheme or 'nothing'}")
    if host not in registry.processor(processor).hosts:
        raise NotAllowed(f"{processor} does not stand at {host}: declare the host, or do not send there")
    return host


class Facts(TypedDict):
    """What is known of a disclosure, as `record` and `drafted` take it."""

    subject_id: UUID | None
    keys: Iterable[str]
    purpose: Purpose
    host: str
    reference: NotRequired[str]
    by: audit.Actor
    at: datetime


def record(processor: str, **facts: Unpack[Facts]) -> Disclosure:
    """Write down that *keys* leave for the processor at *host*. *Raises* `payloads.NotDeclared`, `NotAgreed`."""
    row = drafted(processor, **facts)
    row.save(force_insert=True)
    return row


def drafted(processor: str, **facts: Unpack[Facts]) -> Disclosure:
    """The same row, for a room that writes it in one statement with a row of its own. *Raises* `payloads.NotDeclared`."""
    names = sorted(set(facts["keys"]))
    if processor != CHOSEN_BY_YOU:
        agreements.guard(processor, at=facts["at"])
        payloads.guard(processor, names)
    return Disclosure(
        processor=processor,
        subject_id=facts["subject_id"],
        keys=names,
        purpose=facts["purpose"].name.lower(),
        host=facts["host"],
        reference=facts.get("reference", ""),
        actor=audit.actor(facts["by"]),
        at=facts["at"],
    )


# What a person is told


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who was given something about a person."""

    name: str
    why: str
    what: Sequence[str]
    times: int
    last_at: datetime


def received(family: Sequence[UUID]) -> list[Receiver]:
    """Who received what about a person, the latest first."""
    rows = Disclosure.objects.filter(subject_id__in=family).order_by().values("processor", "purpose", "keys")
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows.annotate(times=Count("pk"), last_at=Max("at")):
        found.setdefault((row["processor"], row["purpose"]), []).append(row)
    receivers = [
        Receiver(
            name=name_of(processor),
            why=words_of(purpose),
            what=what_of(processor, (key for row in rows for key in row["keys"])),
            times=sum(row["times"] for row in rows),
            last_at=max(row["last_at"] for row in rows),
        )
        for (processor, purpose), rows in found.items()
    ]
    receivers += [_demanding(each) for each in _handed_over(family)]
    return sorted(receivers, key=lambda each: each.last_at, reverse=True)


def processors(family: Sequence[UUID]) -> set[str]:
    """The slugs of the companies that were given something about a person."""
    return set(
        Disclosure.objects.filter(subject_id__in=family).order_by().values_list("processor", flat=True).distinct()
    )


def name_of(processor: str) -> str:
    """The receiver's name as people read it; the slug of one that is declared no more."""
    if processor == CHOSEN_BY_YOU:
        return "The provider you chose"
    known = {each.slug: each.name for each in registry.processors()}
    return known.get(processor, processor)


def words_of(purpose: str) -> str:
    """What it was given for."""
    return Purpose[purpose.upper()].words if purpose.upper() in Purpose.__members__ else purpose


def what_of(processor: str, keys: Iterable[str]) -> list[str]:
    """What it was given, in the words of the register."""
    if processor == CHOSEN_BY_YOU:
        return ["The copy that you asked us to send"]
    return payloads.words(processor, keys) or ["A number that only it and we can read"]


def _handed_over(family: Sequence[UUID]) -> Iterable[Demand]:
    """What authorities and others were given on demand, as far as the person may know."""
    return Demand.objects.filter(subject_id__in=family, is_secret=False, handed_over_at__isnull=False)


def _demanding(demand: Demand) -> Receiver:
    assert demand.handed_over_at is not None, "it was asked for"
    labels = [declaration.label for model in demand.scope if (declaration := registry.find(model))]
    ground = str(demand.get_ground_display())
    return Receiver(demand.authority, ground[:1].lower() + ground[1:], labels, 1, demand.handed_over_at)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
