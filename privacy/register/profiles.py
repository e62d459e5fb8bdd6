"""The policy profile: one shop's name, contact, periods, ages and channels, read from TOML.

`LOUPE_POLICY` names one of the files in `privacy/policies/`, or is a path to a file of the same shape.
The profile is data and behaviour reads it; a law can only tighten it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from privacy.register.vocabulary import Category, Purpose

RETENTION_DEFAULTS: Final = {"inactive_years": 3, "logs_days": 30, "cookie_months": 24}
"""Periods that a shop's file need not name."""

EDGES: Final = frozenset({13, 16, 18})
"""The ages at which something may begin: the question about age (`register.ages`) asks no closer."""

FOLDER: Final = Path(__file__).resolve().parent.parent / "policies"
NO_PROFILES: Final = frozenset({"promises", "weighings"})
"""What else lies in that folder."""


class Unknown(ImproperlyConfigured):
    """No such profile, or a file that is not one."""


@dataclass(frozen=True)
class Contact:
    """How people reach the shop."""

    email: str
    phone: str
    address: tuple[str, ...]


@dataclass(frozen=True)
class Ages:
    """From which age somebody may have an account. `parent_from` is None where a parent's word does not help."""

    alone_from: int
    parent_from: int | None
    erased_below: int
    is_asked_at_checkout: bool  # whether guests say how old they are


@dataclass(frozen=True)
class Clocks:
    """Answer times. Exactly one of the two first-reply clocks is set."""

    first_reply_hours: int | None
    first_reply_business_days: int | None
    complete_days: int
    holidays: str  # country, or country-subdivision, whose public holidays are no business days
    time_zone: str  # in which the shop's days begin and end, like America/New_York
    shine_the_light_business_days: int | None  # a promise about Cal. Civ. Code 1798.83 alone, which the law caps


@dataclass(frozen=True)
class Colours:
    """Four colours of a letter, `#rrggbb`."""

    paper: str
    ink: str
    ink_soft: str
    hairline: str


@dataclass(frozen=True)
class Letterhead:
    """What the shop's mails look like: the typeface of headings, and colours by the reader's preference."""

    headings: str
    light: Colours
    dark: Colours


@dataclass(frozen=True)
class Agreement:
    """What was agreed on with one company that gets personal data, as the operator states it (`register.agreements`)."""

    signed_on: date | None  # None: not signed
    document: str  # where the signed agreement lies
    terms: tuple[str, ...]  # of GDPR Art. 28(3)
    country: str
    mechanism: str  # by what data go there, outside the European Economic Area
    ended_on: date | None  # None: it still runs
    name: str = ""  # of one of several of its kind (`Processor.is_kind`): the others have theirs in their declaration
    email: str = ""  # where such a one gets its mail


@dataclass(frozen=True)
class Decision:
    """That somebody at the shop weighed an interest of its own against people's (`register.weighings`)."""

    decided_on: date | None  # None: nobody did
    decided_by: str
    review_on: date | None
    own_words: Mapping[str, Any]  # what replaces a part of the words that come with Loupe


@dataclass(frozen=True)
class Review:
    """When somebody last looked over something of the shop's, and by when they do again (`rights.reviews`)."""

    reviewed_on: date
    review_on: date


@dataclass(frozen=True)
class Collected:
    """One line of the list of what is collected: the policy's words, and the categories of the register they stand for."""

    words: str
    categories: tuple[Category, ...]


@dataclass(frozen=True)
class Used:
    """One line of the list of what it is used for: the policy's words, and the purposes of the register they stand for."""

    words: str
    purposes: tuple[Purpose, ...]


@dataclass(frozen=True)
class Profile:
    """One shop's policy."""

    slug: str
    is_demo: bool
    shop_name: str
    legal_name: str
    country: str
    contact: Contact
    ages: Ages
    clocks: Clocks
    channels: tuple[str, ...]
    targeting_tags: str  # "consent" or "never"
    card_facts: tuple[str, ...]  # of brand, last4, expiry
    mail_subjects: tuple[str, ...]
    has_soft_opt_in: (
        bool  # whether customers hear of what they bought without having asked (ePrivacy Directive Art. 13(2))
    )
    retention: Mapping[str, int]
    mail: Letterhead
    effective_on: str
    first_on: str  # when the shop first had a policy, `YYYY-MM-DD`; nothing where nobody says
    session_ends_with_browser: bool  # else a sign-in lasts for its days
    answers_dnt: bool  # whether Do Not Track counts like Global Privacy Control
    processors: Mapping[str, Agreement]  # by slug; what is not named gets nothing
    collects: tuple[Collected, ...]  # nothing else may be held (`register.published`)
    uses: tuple[Used, ...]  # and it may serve nothing else
    weighings: Mapping[str, Decision]  # by what was weighed
    reviews: Mapping[str, Review]  # of "links", "partners", or of one partner by its slug
    promises: str  # the prefix of its list in promises.toml (`JE`), or nothing for a policy that has none

    def retention_years(self, name: str) -> int:
        """The `<name>_years` of the profile."""
        return self.retention[f"{name}_years"]


def named(policy: str) -> Profile:
    """The profile called *policy*, or in the file at that path. Raises `Unknown`."""
    return _found(policy)


@cache
def _found(policy: str) -> Profile:
    file = Path(policy) if policy.endswith(".toml") else FOLDER / f"{policy}.toml"
    if not file.is_file():
        raise Unknown(
            f"LOUPE_POLICY must be one of {', '.join(slugs())}, or the path of a TOML file; it is {policy!r}."
        )
    try:
        return _read(file.stem, tomllib.loads(file.read_text()))
    except (KeyError, TypeError, ValueError) as error:
        raise Unknown(f"LOUPE_POLICY names {file.name}, which is not a complete profile: {error}.")


def current() -> Profile:
    """The profile this shop runs under."""
    return named(settings.LOUPE_POLICY)


def slugs() -> list[str]:
    """The profiles that come with Loupe."""
    return sorted(file.stem for file in FOLDER.glob("*.toml") if file.stem not in NO_PROFILES)


def _read(slug: str, data: dict[str, Any]) -> Profile:
    contact, ages, clocks = data["contact"], data["ages"], data["clocks"]
    return Profile(
        slug=slug,
        is_demo=bool(data["demo"]),
        shop_name=data["shop_name"],
        legal_name=data["legal_name"],
        country=data["country"],
        contact=Contact(contact["email"], contact["phone"], tuple(contact["address"])),
        ages=_ages(ages),
        clocks=Clocks(
            clocks.get("first_reply_hours"),
            clocks.get("first_reply_business_days"),
            clocks["complete_days"],
            clocks["holidays"],
            _zone(clocks["time_zone"]),
            clocks.get("shine_the_light_business_days"),
        ),
        channels=tuple(data["channels"]),
        targeting_tags=data["targeting_tags"],
        card_facts=tuple(data["card_facts"]),
        mail_subjects=tuple(data["mail_subjects"]),
        has_soft_opt_in=bool(data.get("marketing", {}).get("soft_opt_in", False)),
        retention=MappingProxyType({**RETENTION_DEFAULTS, **data["retention"]}),
        mail=_letterhead(data["mail"]),
        effective_on=str(data["effective_on"]),
        first_on=str(data.get("first_on", "")),
        session_ends_with_browser=bool(data.get("session_ends_with_browser", False)),
        answers_dnt=bool(data.get("answers_dnt", False)),
        processors=MappingProxyType({slug: _agreement(said) for slug, said in data.get("processors", {}).items()}),
        collects=tuple(
            Collected(each["words"], tuple(_category(name) for name in each["categories"]))
            for each in data.get("collects", ())
        ),
        uses=tuple(
            Used(each["words"], tuple(_purpose(name) for name in each["purposes"])) for each in data.get("uses", ())
        ),
        weighings=MappingProxyType({name: _decision(said) for name, said in data.get("weighings", {}).items()}),
        reviews=MappingProxyType({name: _review(said) for name, said in data.get("reviews", {}).items()}),
        promises=data.get("promises", ""),
    )


def _category(name: str) -> Category:
    """Raises ValueError for a category that the register does not know."""
    try:
        return Category[name.upper()]
    except KeyError:
        raise ValueError(f"there is no category called {name!r}")


def _purpose(name: str) -> Purpose:
    """Raises ValueError for a purpose that the register does not know."""
    try:
        return Purpose[name.upper()]
    except KeyError:
        raise ValueError(f"there is no purpose called {name!r}")


def _ages(data: dict[str, Any]) -> Ages:
    """Raises ValueError for ages that the question does not tell apart, and for a parent's word that nobody needs."""
    ages = Ages(
        data["alone_from"],
        data.get("parent_from"),
        data["erased_below"],
        is_asked_at_checkout=bool(data.get("asked_at_checkout", False)),
    )
    if not {ages.alone_from, ages.parent_from or ages.alone_from, ages.erased_below} <= EDGES:
        raise ValueError("an age is 13, 16 or 18")
    if ages.parent_from is not None and ages.parent_from >= ages.alone_from:
        raise ValueError("with a parent's word is younger than alone")
    return ages


def _agreement(data: dict[str, Any]) -> Agreement:
    return Agreement(
        signed_on=_day(data.get("signed_on")),
        document=str(data.get("document", "")),
        terms=tuple(data.get("terms", ())),
        country=str(data.get("country", "")),
        mechanism=str(data.get("mechanism", "")),
        ended_on=_day(data.get("ended_on")),
        name=str(data.get("name", "")),
        email=str(data.get("email", "")),
    )


def _decision(data: dict[str, Any]) -> Decision:
    about = {"decided_on", "decided_by", "review_on"}
    return Decision(
        decided_on=_day(data.get("decided_on")),
        decided_by=str(data.get("decided_by", "")),
        review_on=_day(data.get("review_on")),
        own_words=MappingProxyType({name: words for name, words in data.items() if name not in about}),
    )


def _review(data: dict[str, Any]) -> Review:
    """Raises ValueError for a day to look again that lies before the last look."""
    review = Review(data["reviewed_on"], data["review_on"])
    if not review.reviewed_on < review.review_on:
        raise ValueError("a review is followed by the next one")
    return review


def _day(said: object) -> date | None:
    """Raises TypeError for what is no date of TOML's own."""
    if said is None or isinstance(said, date):
        return said
    raise TypeError(f"{said!r} is no date such as 2026-01-31, without quotes")


def _zone(name: str) -> str:
    """Raises ValueError for a time zone that there is not."""
    if name not in available_timezones():
        raise ValueError(f"there is no time zone called {name!r}")
    return name


def _letterhead(data: dict[str, Any]) -> Letterhead:
    return Letterhead(str(data["headings"]), Colours(**data["light"]), Colours(**data["dark"]))
