"""*Attn: California Privacy*: whom we told about somebody for their own direct marketing in the calendar year before.

Answered from the rows that every disclosure left (`register.disclosures`), never from memory. A person gets one answer in a
calendar year; whoever asks again in that year is given the same one again, with its date. That counts for this kind alone: every
other right can be used as often as its law says.

Source: Cal. Civ. Code 1798.83(a), (b)(3), (c)(1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from privacy.ground import audit
from privacy.register import agreements, disclosures, registry, subjects
from privacy.register.declare import Family
from privacy.register.models import Disclosure
from privacy.register.vocabulary import Purpose
from privacy.rights import clock
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest, State

NOBODY: Final = "In {year} we gave nothing about you to anybody for their own direct marketing."
SOMEBODY: Final = "In {year} we told these about you, who may have used it for their own direct marketing:"
OUR_OWN: Final = "These worked for us on our own news and letters. They may use what they received for nothing else:"
AGAIN: Final = (
    "You asked the same on {day} ({reference}). The law gives one answer in a calendar year, so here it is again."
)


@dataclass(frozen=True)
class Given:
    """Somebody who received data for marketing: their name, where they are, and the categories of what they got."""

    name: str
    country: str
    categories: Sequence[str]
    times: int
    works_for_us: bool

    @property
    def words(self) -> str:
        """`Mailchimp (Intuit), US: Contact details. 3 times.`"""
        place = f", {self.country}" if self.country else ""
        often = "once" if self.times == 1 else f"{self.times} times"
        return f"{self.name}{place}: {', '.join(self.categories)} ({often})"


def carry_out(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Write the answer down; its person reads it on the request's page."""
    family = subjects.family(request.subject)
    earlier = _of_this_year(request, family)
    if earlier is None:
        request.answer = text(family, year=_year(request.received_at) - 1)
    else:
        said = AGAIN.format(day=f"{earlier.completed_at:%-d %B %Y}", reference=earlier.reference)
        request.answer = f"{said}\n\n{earlier.answer}"
    request.save(update_fields=["answer"])
    details: dict[str, audit.Detail] = {"again": earlier.reference if earlier else ""}
    audit.append("shine_the_light.answered", subject=request.subject_id, obj=request, details=details, by=by, at=at)


def text(family: Family, *, year: int) -> str:
    """The answer for one calendar year, in words."""
    given = during(family, year=year)
    others = [f"- {each.words}" for each in given if not each.works_for_us]
    ours = [f"- {each.words}" for each in given if each.works_for_us]
    said = [SOMEBODY.format(year=year), *others] if others else [NOBODY.format(year=year)]
    return "\n".join([*said, OUR_OWN, *ours] if ours else said)


def during(family: Family, *, year: int) -> list[Given]:
    """Who received something of this person for marketing in a calendar year of the shop, by name."""
    zone = clock.of_the_shop().zone
    start, end = (datetime(each, 1, 1, tzinfo=zone) for each in (year, year + 1))
    theirs = Disclosure.objects.filter(subject_id__in=family, at__gte=start, at__lt=end)
    keys: dict[str, list[list[str]]] = {}
    for row in theirs.filter(purpose=Purpose.MARKETING.name.lower()):
        keys.setdefault(row.processor, []).append(row.keys)
    found = [_given(processor, some) for processor, some in keys.items()]
    return sorted(found, key=lambda each: each.name)


def _given(processor: str, calls: list[list[str]]) -> Given:
    known = {each.slug: each for each in registry.processors()}.get(processor)
    every = {key for keys in calls for key in keys}
    fields = known.payload if known else {}
    categories = _categories(fields[key] for key in every if key in fields)
    country = agreements.country(processor) if known else ""
    works_for_us = known is not None and not known.writes_for_itself
    return Given(disclosures.name_of(processor), country, categories, len(calls), works_for_us)


def _categories(paths: Iterable[str]) -> list[str]:
    """The categories of the declared fields `app.Model.field`, each once."""
    found = set()
    for path in paths:
        model, _, name = path.rpartition(".")
        if (declaration := registry.find(model)) and (field := declaration.personal_fields().get(name)):
            found.add(field.category.value)
    return sorted(found)


def _of_this_year(request: DataRequest, family: Family) -> DataRequest | None:
    """The first answer that this person had for a request of the same calendar year."""
    asked = DataRequest.objects.of(family).filter(kind=Kind.SHINE_THE_LIGHT, state=State.COMPLETED)
    year = _year(request.received_at)
    same = (each for each in asked.exclude(pk=request.pk).order_by("completed_at") if _year(each.received_at) == year)
    return next((each for each in same if each.answer), None)


def _year(moment: datetime) -> int:
    return clock.of_the_shop().local(moment).year
