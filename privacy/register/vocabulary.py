"""The closed lists of the register: categories, purposes with their lawful basis, sources, fates, edges.

A purpose cannot exist without a lawful basis: the types say so. How long things stay is `retention`'s.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

from django.utils import dateformat


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
    REVIEWS = Why("to show what you write about a piece, where you agreed", Basis.CONSENT)
    RECOMMENDATIONS = Why("to show you pieces picked for you, where you switched that on", Basis.CONSENT)

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
    AGENT = "whoever asked in your name"
    OBSERVED = "your browser"
    DERIVED = "made by the shop"
    PROCESSOR = "our payment provider"
    LOGIN_PROVIDER = "the company you sign in through"
    CARRIER = "the carrier"
    STAFF = "our staff"


class Action(StrEnum):
    """What an erasure does to a row as a whole."""

    DELETE_ROW = "deleted"
    KEEP_UNTIL = "kept without you until its time has run"


class Export(StrEnum):
    """What a copy of one's data shows of a field."""

    SHOW = "shown"
    HIDE = "hidden"  # secrets whose disclosure would only help a thief: password hashes, keys
    REDACT = "replaced by a word"  # somebody else's data on this person's row (GDPR Art. 15(4))


class Edge(StrEnum):
    """What an erasure does at a relation, seen from the row that holds it."""

    DEEP = "the row goes with the person it leads to"
    DETACH = "the row stays and the relation is cut"
    KEEP_UNTIL = "row and relation stay together until their time has run"
    PLACEHOLDER = "the relation stays and leads to a bare number that finds nobody"


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


def date_words(moment: datetime | None) -> str:
    """`3 March 2033`, or an empty text."""
    return "" if moment is None else dateformat.format(moment, "j F Y")
