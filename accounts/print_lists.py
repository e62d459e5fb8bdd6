"""Print lists: to whom a letter about one topic may be posted now, for whoever prints it.

Made anew each time and kept nowhere here. On it is who agreed to this topic by post, has a saved address, and is on no suppression
list, neither with the postal address nor with the e-mail address (a mail to us ends letters too). Each line leaves a disclosure row
before the file is handed out, and the making is written in the trail with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.db import transaction

from accounts.models import Address
from privacy.consent import ledger, preferences
from privacy.consent.vocabulary import Channel, Matter
from privacy.ground import audit, references
from privacy.messages import gate, suppressions
from privacy.register import disclosures
from privacy.register.vocabulary import Purpose

PRINTER: Final = "print"
COLUMNS: Final = ("full_name", "line1", "line2", "city", "region", "postal_code", "country")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ReasonMissing(Exception):
    """A list of people is not made without saying what for."""


@dataclass(frozen=True)
class PrintList:
    """The lines, headed by `COLUMNS`; and how many were left out, by why."""

    reference: str
    rows: list[list[str]]
    left_out: dict[str, int]


def count(topic: Matter, *, at: datetime) -> tuple[int, dict[str, int]]:
    """How many letters it would be now, and how many who agreed are left out, by why. Writes nothing."""
    found = Counter(_objection(address, topic, at=at) for address in _addresses(topic))
    would = found.pop("", 0)
    return would, dict(found)


@transaction.atomic
def make(topic: Matter, *, reason: str, by: audit.Actor, at: datetime) -> PrintList:
    """Make the list that is handed to the printer.

    *Writes* a disclosure for each line, that each person's turn for news is taken, and the trail. *Raises* `ReasonMissing`.
    """
    if not reason.strip():
        raise ReasonMissing
    reference, number = references.new("PL"), uuid4()
    rows, left_out = [], Counter[str]()
    for address in _addresses(topic):
        person = address.user.subject
        why = _objection(address, topic, at=at) or (
            "" if preferences.take_turn(person, message=number, at=at) else "too soon"
        )
        if why:
            left_out[why] += 1
            continue
        disclosures.record(
            PRINTER,
            subject_id=person.pk,
            keys=COLUMNS,
            purpose=Purpose.MARKETING,
            host="by hand",
            reference=reference,
            by=by,
            at=at,
        )
        rows.append([_harmless(str(getattr(address, name))) for name in COLUMNS])
    details: dict[str, audit.Detail] = {"topic": str(topic), "lines": len(rows), "left_out": sum(left_out.values())}
    audit.append("print_list.made", obj=reference, note=reason.strip(), details=details, by=by, at=at)
    return PrintList(reference, rows, dict(left_out))


def _addresses(topic: Matter) -> Iterator[Address]:
    """The one address of each account whose owner once agreed to letters about this topic."""
    best = Address.objects.order_by("user_id", "-is_default_shipping", "created_at", "pk").distinct("user_id")
    people = ledger.people_who_granted(topic, Channel.POST)
    yield from best.filter(user__subject__in=people).select_related("user__subject")


def _objection(address: Address, topic: Matter, *, at: datetime) -> str:
    """Why no letter may go there, or an empty text."""
    known_by = (address.user.email, "\n".join(address.lines))
    if any(suppressions.stops(Channel.POST, value, marketing=True) for value in known_by):
        return "suppressed"
    person = address.user.subject
    refused = gate.refuses_news(person, topic, Channel.POST)
    return refused or ("" if preferences.allows_now(person, topic, Channel.POST, at) else "too soon")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (CWE-1236)."""
    return f"'{text}" if text.startswith(FORMULA) else text
