"""The record of processing activities (GDPR Art. 30), computed: one activity for each purpose the declarations name.

Nothing on it is typed by hand. A field declared with a new purpose, recipient or retention stands on the record, on the policy
page and in the CSV at once; a purpose that nothing serves any more is gone from all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db.models import Count

from privacy.register import agreements, profiles, registry, weighings
from privacy.register.declare import Declaration, Field, Processor
from privacy.register.models import Disclosure
from privacy.register.profiles import Agreement
from privacy.register.vocabulary import Action, Category, Purpose, Source

T = TypeVar("T")

ACCOUNT_HOLDERS: Final = "people with an account"
CUSTOMERS: Final = "customers, with or without an account"
ADDRESSEES: Final = "people parcels are sent to"
STAFF: Final = "members of staff"
LOG_FILES: Final = "Log files of our programs, with addresses masked"

#: What keeps the shop's data safe (Art. 32), each with the categories it protects; an empty tuple is all of them.
MEASURES: Final[tuple[tuple[str, tuple[Category, ...]], ...]] = (
    ("connections encrypted; access by role, staff with a second factor", ()),
    ("personal values masked at the desk, each look recorded", ()),
    ("passwords hashed with Argon2, keys kept as digests", (Category.CREDENTIAL,)),
    ("written words sealed with keys outside the database", (Category.MESSAGE,)),
    ("addresses found by keyed digests", (Category.CONTACT,)),
    ("an append-only trail that the database refuses to change", (Category.EVIDENCE, Category.REQUEST)),
)


@dataclass(frozen=True)
class Controller:
    """Who is responsible (Art. 30(1)(a)), from the shop's profile."""

    name: str
    address: str
    email: str
    phone: str
    country: str


@dataclass(frozen=True)
class Kept:
    """How long one kind of record stays."""

    label: str
    words: str


@dataclass(frozen=True)
class Activity:
    """One purpose, and everything that serves it (Art. 30(1)(b) to (g))."""

    purpose: Purpose
    people: list[str]
    categories: list[str]
    records: list[str]
    sources: list[str]
    recipients: list[str]
    transfers: list[str]
    retention: list[Kept]
    measures: list[str]

    @property
    def name(self) -> str:
        """`To keep your account`."""
        return self.purpose.words[:1].upper() + self.purpose.words[1:]

    @property
    def basis(self) -> str:
        return str(self.purpose.basis)

    @property
    def periods(self) -> list[tuple[str, list[str]]]:
        """Each period once, with the kinds of records it holds for."""
        by_words: dict[str, list[str]] = {}
        for kept in self.retention:
            by_words.setdefault(kept.words, []).append(kept.label)
        return list(by_words.items())


@dataclass(frozen=True)
class Row:
    """One kind of record as the policy page prints it."""

    label: str
    categories: list[str]
    purposes: list[str]
    bases: list[str]
    sources: list[str]
    recipients: list[str]
    retention: str
    is_kept: bool
    reasons: list[str]


@dataclass(frozen=True)
class Receiver:
    """One company that personal data leaves for, and what leaves."""

    name: str
    purpose: str
    receives: list[str]
    country: str
    is_abroad: bool
    safeguard: str
    after_erasure: str


def controller() -> Controller:
    """The shop, as its profile names it."""
    shop = profiles.current()
    return Controller(
        shop.legal_name, ", ".join(shop.contact.address), shop.contact.email, shop.contact.phone, shop.country
    )


def activities() -> list[Activity]:
    """The record: one activity for each purpose that any field serves, in the order of the vocabulary."""
    return [found for purpose in Purpose if (found := activity(purpose)).records]


def activity(purpose: Purpose) -> Activity:
    """Everything that serves one purpose."""
    served = list(registry.fields(purpose=purpose))
    receivers = [each for each in registry.processors() if each.purpose is purpose or _gets_any(each, served)]
    files = [each for each in (logs(),) if purpose.words in each.purposes]
    return Activity(
        purpose=purpose,
        people=once(who for declaration, name, field in served for who in people(declaration, field)),
        categories=once(str(field.category) for _, _, field in served),
        records=once([*(declaration.label for declaration, _, _ in served), *(each.label for each in files)]),
        sources=once(str(field.source) for _, _, field in served),
        recipients=[each.name for each in receivers],
        transfers=[_transfer(each) for each in receivers if is_abroad(each)],
        retention=once(
            [
                *(Kept(declaration.label, str(declaration.retention_of(name))) for declaration, name, _ in served),
                *(Kept(each.label, each.retention) for each in files),
            ]
        ),
        measures=measures({field.category for _, _, field in served}),
    )


def people(declaration: Declaration, field: Field) -> Iterator[str]:
    """Whom a field is about, by the way its row reaches its person and by where its value comes from and goes."""
    if field.source is Source.STAFF:
        yield STAFF
    receivers = [each for each in registry.processors() if each.kind in field.recipients and not each.is_written]
    if any(each.purpose is Purpose.DELIVERY for each in receivers):
        yield ADDRESSEES
    through_account = declaration.model == "accounts.User" or any("user" in path for path in declaration.paths)
    yield ACCOUNT_HOLDERS if through_account else CUSTOMERS


def measures(categories: set[Category]) -> list[str]:
    """What protects these categories."""
    return [words for words, protects in MEASURES if not protects or categories & set(protects)]


def is_abroad(processor: Processor) -> bool:
    """Whether data leaves the controller's country."""
    return agreements.country(processor.slug) != profiles.current().country


def rows(*, evidence: bool) -> list[Row]:
    """What is held, kind by kind: of people, or (*evidence*) records of what was done for them."""
    found = [row(each) for each in registry.all_declared() if each.is_evidence is evidence]
    return found if evidence else sorted([*found, logs()], key=lambda each: each.label)


def logs() -> Row:
    """What the programs write down as they run: personal data too, though no table (recital 30), and cleared away at night."""
    return Row(
        label=LOG_FILES,
        categories=[str(Category.ONLINE)],
        purposes=[Purpose.SECURITY.words],
        bases=[str(Purpose.SECURITY.basis)],
        sources=[str(Source.OBSERVED)],
        recipients=[],
        retention=f"{profiles.current().retention['logs_days']} days",
        is_kept=False,
        reasons=[],
    )


def row(declaration: Declaration) -> Row:
    """One kind of record."""
    fields = declaration.personal_fields()
    purposes = [purpose for name in fields for purpose in declaration.purposes_of(name)] or list(declaration.purposes)
    return Row(
        label=declaration.label,
        categories=once(str(field.category) for field in fields.values()),
        purposes=once(purpose.words for purpose in purposes),
        bases=once(str(purpose.basis) for purpose in purposes),
        sources=once(str(field.source) for field in fields.values()),
        recipients=once(name for field in fields.values() for slug in field.recipients for name in _names_of(slug)),
        retention="; ".join(once(str(declaration.retention_of(name)) for name in fields)) or str(declaration.retention),
        is_kept=declaration.action is Action.KEEP_UNTIL,
        reasons=once(field.on_erase.reason for field in declaration.kept_fields().values()),
    )


def receivers() -> list[Receiver]:
    """Every company personal data leaves for, with what leaves: the fields that name it as their recipient."""
    return [
        Receiver(
            name=each.name,
            purpose=each.purpose.words,
            receives=received_by(each.kind),
            country=agreements.country(each.slug),
            is_abroad=is_abroad(each),
            safeguard=agreements.safeguard(each.slug),
            after_erasure=each.after_erasure,
        )
        for each in registry.processors()
    ]


@dataclass(frozen=True)
class Bound:
    """One company at the desk: what it gets, what binds it, and what is missing before it gets anything."""

    name: str
    slug: str
    purpose: str
    receives: list[str]
    hosts: tuple[str, ...]
    agreement: Agreement | None
    country: str
    safeguard: str
    is_used: bool
    lacks: list[str]
    times: int  # how often something left for it in the last thirty days
    corrects: str  # how it is told that something was wrong, or why it never has to be


def bound(*, at: datetime) -> list[Bound]:
    """Every company that data may leave for, those first that lack something."""
    lately = Disclosure.objects.filter(at__gt=at - timedelta(days=30)).values_list("processor")
    times = dict(lately.annotate(many=Count("pk")))
    every = [
        Bound(
            name=each.name,
            slug=each.slug,
            purpose=each.purpose.words,
            receives=received_by(each.kind),
            hosts=each.hosts,
            agreement=agreements.of(each.slug),
            country=agreements.country(each.slug),
            safeguard=agreements.safeguard(each.slug),
            is_used=each.is_used(),
            lacks=agreements.lacking(each.slug, on=at.date()),
            times=times.get(each.slug, 0),
            corrects=each.corrects,
        )
        for each in registry.processors()
    ]
    return sorted(every, key=lambda each: not (each.is_used and each.lacks))


def received_by(slug: str) -> list[str]:
    """`Orders: recipient, address, postal code`, for each kind of record one recipient gets anything of."""
    names: dict[str, list[str]] = {}
    for declaration, name, _ in registry.fields(recipient=slug):
        names.setdefault(declaration.label, []).append(field_name(declaration, name))
    return [f"{label}: {', '.join(each)}" for label, each in names.items()]


def field_name(declaration: Declaration, name: str) -> str:
    """A field's name as a person reads it."""
    return declaration.label_of(name)


def as_page() -> dict[str, object]:
    """What a page of the record prints."""
    return {
        "controller": controller(),
        "activities": activities(),
        "receivers": receivers(),
        "weighings": weighings.every(),
    }


HEADINGS: Final = (
    "Controller", "Purpose", "Lawful basis", "Categories of people", "Categories of data", "Records", "Sources",
    "Recipients", "Transfers to other countries", "Retention", "Security measures",
)  # fmt: skip


def table() -> Iterator[list[str]]:
    """The record as rows of a CSV file, headings first."""
    yield list(HEADINGS)
    shop = controller()
    who = f"{shop.name}, {shop.address}, {shop.email}"
    for each in activities():
        yield [
            who,
            each.name,
            each.basis,
            "; ".join(each.people),
            "; ".join(each.categories),
            "; ".join(each.records),
            "; ".join(each.sources),
            "; ".join(each.recipients) or "nobody",
            "; ".join(each.transfers) or "none",
            "; ".join(f"{', '.join(labels)}: {words}" for words, labels in each.periods),
            "; ".join(each.measures),
        ]


def once(things: Iterable[T]) -> list[T]:
    """Each thing once, in the order it was met."""
    return list(dict.fromkeys(things))


def _transfer(processor: Processor) -> str:
    """`Stripe (US, by Standard Contractual Clauses ...)` (Art. 30(1)(e))."""
    by = agreements.safeguard(processor.slug)
    return f"{processor.name} ({agreements.country(processor.slug)}{f', by {by}' if by else ''})"


def _gets_any(processor: Processor, served: list[tuple[Declaration, str, Field]]) -> bool:
    return any(processor.kind in field.recipients for _, _, field in served)


def _names_of(recipient: str) -> list[str]:
    """Whom a field names: one company, or every one of a kind that this shop has."""
    if recipient not in {each.slug for each in registry.kinds()}:
        return [recipient]
    return [each.name for each in registry.processors() if each.kind == recipient]
