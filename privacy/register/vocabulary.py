"""The closed lists of the register: categories, purposes with their lawful basis, sources, fates, retention.

A purpose cannot exist without a lawful basis, and personal data cannot be declared without a retention: the types say so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Self

from django.db import models
from django.utils import dateformat

from privacy.register import profiles


class Category(StrEnum):
    """What kind of data a field holds, in the words the customer reads."""

    NAME = "Name"
    CONTACT = "Contact details"
    ADDRESS = "Postal address"
    ACCOUNT = "Account"
    CREDENTIAL = "Passwords and keys"
    TRANSACTION = "Orders and payments"
    MESSAGE = "Messages and dedications"
    ONLINE = "Device and network"
    PREFERENCE = "Preferences"
    ACTIVITY = "What you looked at"
    REQUEST = "Privacy requests"
    EVIDENCE = "Records of what was done"
    LINKAGE = "Internal references"


class Basis(StrEnum):
    """The lawful bases of GDPR Art. 6(1)."""

    CONSENT = "your consent (GDPR Art. 6(1)(a))"
    CONTRACT = "our contract with you (GDPR Art. 6(1)(b))"
    LEGAL_OBLIGATION = "a legal obligation (GDPR Art. 6(1)(c))"
    LEGITIMATE_INTEREST = "our legitimate interest, weighed against yours (GDPR Art. 6(1)(f))"


@dataclass(frozen=True)
class Why:
    """A purpose in plain words, and the basis it stands on."""

    words: str
    basis: Basis


class Purpose(Enum):
    """Everything personal data may be used for. Anything else is not allowed."""

    ACCOUNT = Why("to keep your account", Basis.CONTRACT)
    ORDER = Why("to make, deliver and look after what you order", Basis.CONTRACT)
    DELIVERY = Why("to deliver to you", Basis.CONTRACT)
    PAYMENT = Why("to take and return payments", Basis.CONTRACT)
    SUPPORT = Why("to answer you", Basis.CONTRACT)
    TAX = Why("to keep the records that tax law asks for", Basis.LEGAL_OBLIGATION)
    RIGHTS = Why("to carry out privacy requests and be able to show it", Basis.LEGAL_OBLIGATION)
    SECURITY = Why("to keep accounts and the shop safe", Basis.LEGITIMATE_INTEREST)
    STATISTICS = Why("to see which pieces people look at", Basis.CONSENT)
    MARKETING = Why("to send you news you asked for", Basis.CONSENT)

    @property
    def words(self) -> str:
        return self.value.words

    @property
    def basis(self) -> Basis:
        return self.value.basis


class Source(StrEnum):
    """Where a value comes from."""

    CUSTOMER = "you"
    SENDER = "the person who ordered for you"
    OBSERVED = "your browser"
    DERIVED = "made by the shop"
    PROCESSOR = "our payment provider"
    STAFF = "our staff"


class Action(StrEnum):
    """What an erasure does to a row as a whole."""

    DELETE_ROW = "deleted"
    KEEP_UNTIL = "kept without you until its time has run"


class Export(StrEnum):
    """What a copy of one's data shows of a field."""

    SHOW = "shown"
    HIDE = "hidden"  # secrets whose disclosure would only help a thief: password hashes, keys


@dataclass(frozen=True)
class Fate:
    """What an erasure does to one field: `with_row`, `blank`, `replace`, `keep`."""

    kind: str
    value: Any = None
    reason: str = ""
    basis: Basis | None = None


WITH_ROW = Fate("with_row")
BLANK = Fate("blank")


def replace(value: Any) -> Fate:
    """Overwrite with *value*, or with what *value(row)* returns where the column is unique."""
    return Fate("replace", value=value)


def keep(reason: str, *, basis: Basis = Basis.LEGAL_OBLIGATION) -> Fate:
    """Leave in place until the row's retention has run, because of *reason* ("tax law asks for it")."""
    return Fate("keep", reason=reason, basis=basis)


@dataclass(frozen=True)
class Retention:
    """How long rows live. `until(row)` is None while an event that has not happened yet keeps the row (an open account)."""

    words: Callable[[], str]
    until: Callable[[models.Model], datetime | None] = field(default=lambda _row: None)

    def __str__(self) -> str:
        return self.words()

    @classmethod
    def while_account(cls) -> Self:
        """As long as the account exists."""
        return cls(words=lambda: "while you have an account")

    @classmethod
    def while_needed(cls, words: str) -> Self:
        """Until something happens that *words* name, for rows with no clock of their own."""
        return cls(words=lambda: words)

    @classmethod
    def days(cls, days: int, *, anchor: str, words: str = "") -> Self:
        """*days* after the moment in the field *anchor*."""
        text = words or f"{days} days"
        return cls(words=lambda: text, until=lambda row: _after(getattr(row, anchor), timedelta(days=days)))

    @classmethod
    def years(cls, name: str, *, anchor: str, fallback: str) -> Self:
        """The profile's `[retention] <name>_years` after *anchor*, or after *fallback* while *anchor* is empty."""

        def until(row: models.Model) -> datetime | None:
            start = getattr(row, anchor) or getattr(row, fallback)
            return None if start is None else _years_later(start, profiles.current().retention_years(name))

        return cls(words=lambda: f"{profiles.current().retention_years(name)} years", until=until)

    @classmethod
    def as_its(cls, parent: str, retention: "Retention") -> Self:
        """As long as the row at the relation *parent*, which has *retention*."""
        return cls(words=retention.words, until=lambda row: retention.until(getattr(row, parent)))


def _after(start: datetime | None, span: timedelta) -> datetime | None:
    return None if start is None else start + span


def _years_later(start: datetime, years: int) -> datetime:
    """The same date *years* later; 28 February where 29 February does not exist."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)


def date_words(moment: datetime | None) -> str:
    """`3 March 2033`, or an empty text."""
    return "" if moment is None else dateformat.format(moment, "j F Y")
