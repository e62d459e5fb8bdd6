"""Which kinds of data are held about somebody, what for and where from, and which kinds of companies received them: never a value.

What is held is asked of the register, who received something of the rows that every disclosure left. The answer to a request of its
own (*know the categories*), and a part of every copy.

Source: Cal. Civ. Code 1798.110(a)(1) to (4), 1798.115(a), 1798.130(a)(2)(B); 11 CCR 7024; GDPR Art. 15(1)(a) to (c), (g).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max

from privacy.consent import cookies
from privacy.consent.entries import Category as Cookies
from privacy.ground import audit
from privacy.register import presence, registry, subjects
from privacy.register.activities import once
from privacy.register.declare import Family
from privacy.register.demand_models import Demand
from privacy.register.disclosures import CHOSEN_BY_YOU
from privacy.register.models import Disclosure
from privacy.register.vocabulary import Category
from privacy.rights.models import DataRequest

A_YEAR: Final = timedelta(days=366)  # never less than twelve months
AUTHORITIES: Final = "courts, authorities and others whom the law entitles"
YOUR_CHOICE: Final = "a provider you chose yourself"
OTHERS: Final = "others"
WHOLE_COPY: Final = "all that your copy holds"
HELD: Final = "Kinds of data we hold about you"
LATELY: Final = "Who received which of them in the last twelve months"
EVER: Final = "Who received which of them since our records begin"
NOBODY: Final = "Nobody."
SOLD: Final = "We sold none of it."
NEVER_SHARED: Final = "We shared none of it for advertising across other sites."
SHARED: Final = (
    "For advertising across other sites, only tags that you allow in your cookie settings tell anybody anything."
)


@dataclass(frozen=True)
class Held:
    """One category of which something is held, with what for, from whom, and in which records."""

    category: str
    purposes: Sequence[str]
    sources: Sequence[str]
    records: Sequence[str]


@dataclass(frozen=True)
class Received:
    """One kind of company or authority, and the categories of what it received."""

    kind: str
    categories: Sequence[str]
    times: int
    last_at: datetime


@dataclass(frozen=True)
class Report:
    """The whole answer."""

    held: Sequence[Held]
    lately: Sequence[Received]
    ever: Sequence[Received]

    @property
    def is_shared(self) -> bool:
        """Whether advertisers' tags may run at all, for whoever allows them."""
        return Cookies.TARGETING in cookies.book().asked

    @property
    def text(self) -> str:
        """In lines that anybody reads."""
        held = [f"- {each.category}: {'; '.join(each.purposes)}. From {', '.join(each.sources)}." for each in self.held]
        parts = [HELD, *(held or [NOBODY]), "", LATELY, *_lines(self.lately), "", EVER, *_lines(self.ever), ""]
        return "\n".join([*parts, SOLD, SHARED if self.is_shared else NEVER_SHARED])

    def as_data(self) -> dict[str, Any]:
        """For `data.json` of a copy."""
        return {
            "held": [vars(each) for each in self.held],
            "received_last_12_months": [_data(each) for each in self.lately],
            "received_ever": [_data(each) for each in self.ever],
        }


def of(family: Family, *, at: datetime) -> Report:
    """What the register and the disclosures say about somebody. A handful of statements, however much is held."""
    return Report(held(family), received(family, since=at - A_YEAR, until=at), received(family, until=at))


def carry_out(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Write the answer down; its person reads it on the request's page."""
    request.answer = of(subjects.family(request.subject), at=at).text
    request.save(update_fields=["answer"])
    audit.append("categories.answered", subject=request.subject_id, obj=request, by=by, at=at)


def held(family: Family) -> list[Held]:
    """The categories of which this person has something, in the order of the vocabulary."""
    there = presence.of(family)
    every = [found for found in registry.every_field() if found[0].model in there]
    return [_held(category, every) for category in Category if any(field.category is category for _, _, field in every)]


def received(family: Family, *, since: datetime | None = None, until: datetime) -> list[Received]:
    """Which kinds of companies and authorities received which categories in that time, the latest first."""
    found: dict[str, list[tuple[set[str], int, datetime]]] = {}
    for row in _rows(family, since, until):
        processor = row["processor"]
        found.setdefault(_kind(processor), []).append((_told(processor, row["keys"]), row["times"], row["last_at"]))
    for demand in _demands(family, since, until):
        assert demand.handed_over_at is not None, "it was asked for"
        found.setdefault(AUTHORITIES, []).append((_of_models(demand.scope), 1, demand.handed_over_at))
    every = [
        Received(
            kind,
            sorted(set().union(*(categories for categories, _, _ in rows))),
            sum(times for _, times, _ in rows),
            max(last for _, _, last in rows),
        )
        for kind, rows in found.items()
    ]
    return sorted(every, key=lambda each: each.last_at, reverse=True)


def _held(category: Category, every: Iterable[registry.Found]) -> Held:
    mine = [found for found in every if found[2].category is category]
    return Held(
        category=str(category),
        purposes=once(purpose.words for declaration, name, _ in mine for purpose in declaration.purposes_of(name)),
        sources=once(str(field.source) for _, _, field in mine),
        records=once(declaration.label for declaration, _, _ in mine),
    )


def _rows(family: Family, since: datetime | None, until: datetime) -> Iterable[Mapping[str, Any]]:
    rows = Disclosure.objects.filter(subject_id__in=family, at__lte=until)
    lately = rows.filter(at__gt=since) if since else rows
    return lately.order_by().values("processor", "keys").annotate(times=Count("pk"), last_at=Max("at"))


def _demands(family: Family, since: datetime | None, until: datetime) -> Iterable[Demand]:
    """What was handed over on demand, as far as the person may know."""
    given = Demand.objects.filter(subject_id__in=family, is_secret=False, handed_over_at__lte=until)
    return given.filter(handed_over_at__gt=since) if since else given


def _kind(processor: str) -> str:
    if processor == CHOSEN_BY_YOU:
        return YOUR_CHOICE
    return next((each.is_a for each in registry.processors() if each.slug == processor), OTHERS)


def _told(slug: str, keys: Iterable[str]) -> set[str]:
    """The categories of the declared fields that these keys carry; of one that gets whole texts, all that may stand in them."""
    if slug == CHOSEN_BY_YOU:
        return {WHOLE_COPY}
    processor = next((each for each in registry.processors() if each.slug == slug), None)
    if processor is None:
        return set()
    carried = {processor.payload[key] for key in keys if key in processor.payload}
    is_told = registry.fields(recipient=slug) if processor.is_written else registry.every_field()
    return {
        str(field.category)
        for declaration, name, field in is_told
        if processor.is_written or f"{declaration.model}.{name}" in carried
    }


def _of_models(models: Iterable[str]) -> set[str]:
    declared = (declaration for model in models if (declaration := registry.find(model)))
    return {str(field.category) for declaration in declared for field in declaration.personal_fields().values()}


def _lines(received: Sequence[Received]) -> list[str]:
    return [
        f"- {each.kind}: {', '.join(each.categories) or 'a number only'} ({_often(each.times)})" for each in received
    ] or [NOBODY]


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _data(each: Received) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "categories": list(each.categories),
        "times": each.times,
        "last_at": each.last_at.isoformat(),
    }
