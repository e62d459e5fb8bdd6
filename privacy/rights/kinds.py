"""The rights somebody can exercise here, as one table: what each is called, who must have shown what, and who has the next move.

Every kind lives the same life (`rights.states`); what differs is said here, and nowhere by a chain of ifs. Until when is
`rights.deadlines`, what a worker does is `rights.acts`, on what grounds the answer may be no is `rights.grounds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from django.db.models import TextChoices


class Kind(TextChoices):
    """Which right is exercised."""

    ACCESS = "access", "See my data"
    PORTABILITY = "portability", "Take my data along"
    CATEGORIES = "categories", "Know which kinds of data you hold"
    CORRECTION = "correction", "Correct my data"
    ERASURE = "erasure", "Erase my data"
    RESTRICTION = "restriction", "Keep my data, but do not use it"
    OBJECTION = "objection", "Stop a use of my data"
    WITHDRAWAL = "withdrawal", "Take back what I agreed to"
    OPT_OUT = "opt_out", "Do not sell or share my data"
    LIMIT = "limit", "Limit the use of sensitive data"
    DEACTIVATION = "deactivation", "Close my account for now"
    SHINE_THE_LIGHT = "shine_the_light", "Who received my data for their marketing"
    CHILD_REPORT = "child_report", "Report data of a child"
    PARENTAL = "parental", "Data of my child"
    COMPLAINT = "complaint", "Complain"
    QUESTION = "question", "Ask about privacy"


class Proof(IntEnum):
    """What somebody has shown before anything follows; each asks for no more than the wish is worth."""

    NOTHING = 0
    ADDRESS = 1
    """They read mail at the address: a mailed link, or signed in."""
    REAUTHENTICATED = 2
    """Signed in, and the password or a code typed just now; a guest, the mailed link."""


@dataclass(frozen=True)
class Rule:
    """What is particular to one kind."""

    kind: Kind
    explains: str
    """What it is for, to its person, before they ask."""
    next: str
    """What happens now, to its person, once it counts."""
    outcome: str
    """What was done, to its person, in the last mail."""
    proof: Proof
    is_decided: bool = False
    """A member of staff approves it; else it is carried out as soon as it is verified."""
    is_answered: bool = False
    """A member of staff completes it with an answer in words."""
    is_for_guests: bool = True
    """Somebody without an account can ask for it."""
    needs_facts: bool = False
    """A guest names two facts of a recent order besides: what is held would be told, shown or changed."""
    is_one_wish: bool = True
    """Whoever asks twice wants one thing; else two requests that say different things stand side by side."""
    tells_itself: bool = False
    """Its act sends the last mail."""
    asks: tuple[str, ...] = ()
    """The fields its form has besides, by name; they are what `DataRequest.wishes` holds."""

    @property
    def label(self) -> str:
        """What it is called."""
        return str(self.kind.label)

    @property
    def is_carried_out_at_once(self) -> bool:
        """Whether a worker acts without asking anybody."""
        return not (self.is_decided or self.is_answered)


_EVERY: Final = (
    Rule(
        Kind.ACCESS,
        explains="A copy of everything we hold about you, with why we hold it and who received it.",
        next="A worker is putting your copy together now. We write again when it is ready.",
        outcome="Your copy is ready.",
        proof=Proof.REAUTHENTICATED,
        needs_facts=True,
    ),
    Rule(
        Kind.PORTABILITY,
        explains="What you gave us, in files that another provider can read. You can have us send it there.",
        next="A worker is putting your copy together now. We write again when it is ready.",
        outcome="Your copy is ready.",
        proof=Proof.REAUTHENTICATED,
        needs_facts=True,
    ),
    Rule(
        Kind.CATEGORIES,
        explains="Which kinds of data we hold about you, why and where from, and which kinds of companies received them.",
        next="We are looking it up and write again with the answer.",
        outcome="Here is which kinds of data we hold about you, and which kinds of companies received them.",
        proof=Proof.ADDRESS,
        needs_facts=True,
    ),
    Rule(
        Kind.CORRECTION,
        explains="Something we hold about you is wrong or missing. We put it right and tell whoever received it.",
        next="A person looks at it, then we correct it.",
        outcome="It is corrected, and whoever received it from us was told. Invoices stay as they were issued.",
        proof=Proof.REAUTHENTICATED,
        is_decided=True,
        needs_facts=True,
        is_one_wish=False,
        asks=("field", "value", "text"),
    ),
    Rule(
        Kind.ERASURE,
        explains="Everything goes that no law obliges us to keep. You read beforehand what stays, why, and until when.",
        next="A person looks at it first. You hear from us before anything is erased, and you can take it back until then.",
        outcome="Your data are erased.",
        proof=Proof.REAUTHENTICATED,
        is_decided=True,
    ),
    Rule(
        Kind.RESTRICTION,
        explains="We keep your data and use them for nothing else, for instance while you dispute that they are right.",
        next="Your data are being set aside. We write again when that is done, and before it ever ends.",
        outcome="Your data are kept and not used. We tell you before this ends.",
        proof=Proof.ADDRESS,
        asks=("ground", "text"),
    ),
    Rule(
        Kind.OBJECTION,
        explains="You do not want your data used for something. Marketing stops at once; other uses stop while we look at it.",
        next="Marketing stops now. Any other use stops while a person looks at your reasons.",
        outcome="The use you objected to has ended.",
        proof=Proof.ADDRESS,
        is_decided=True,
        is_one_wish=False,
        asks=("purpose", "text"),
    ),
    Rule(
        Kind.WITHDRAWAL,
        explains="You agreed to something and do not agree any more. What we held only because of it is deleted.",
        next="What you agreed to is being taken back now.",
        outcome="What you agreed to is taken back, and what we held only because of it is deleted.",
        proof=Proof.ADDRESS,
        is_one_wish=False,
        asks=("matter",),
    ),
    Rule(
        Kind.OPT_OUT,
        explains="We hand nothing about you to anybody for their advertising. We ask for no proof.",
        next="It holds from now on.",
        outcome="We hand nothing about you to anybody for their advertising.",
        proof=Proof.NOTHING,
    ),
    Rule(
        Kind.LIMIT,
        explains="Sensitive data serve only what you asked us for. We ask for no proof.",
        next="It holds from now on.",
        outcome="Sensitive data serve only what you asked us for.",
        proof=Proof.NOTHING,
    ),
    Rule(
        Kind.DEACTIVATION,
        explains="Your account is closed until you come back. Nothing is erased, nothing can be bought, your rights remain.",
        next="Your account is being closed.",
        outcome="Your account is closed. Sign in to open it again.",
        proof=Proof.REAUTHENTICATED,
        is_for_guests=False,
        tells_itself=True,
    ),
    Rule(
        Kind.SHINE_THE_LIGHT,
        explains="For people in California: whom we told about you for their own marketing in the last year, once a year.",
        next="We are looking it up and write again with the answer.",
        outcome="Here is whom we told about you for their own marketing.",
        proof=Proof.ADDRESS,
    ),
    Rule(
        Kind.CHILD_REPORT,
        explains="You believe that we hold data of a child. Tell us what you know; we need no proof to look.",
        next="A person looks at it today.",
        outcome="We looked into your report and did what it called for.",
        proof=Proof.NOTHING,
        is_decided=True,
        is_one_wish=False,
        asks=("about", "text"),
    ),
    Rule(
        Kind.PARENTAL,
        explains="You are the parent of a child whose data we hold. We check that, then show or delete them.",
        next="A person looks at it today and asks you to confirm that you are the parent.",
        outcome="We did what you asked for as to the data of your child.",
        proof=Proof.ADDRESS,
        is_decided=True,
        is_one_wish=False,
        asks=("about", "text"),
    ),
    Rule(
        Kind.COMPLAINT,
        explains="Something we did with your data was not right. Somebody who was not part of it looks at it.",
        next="A person looks into it and writes to you.",
        outcome="We looked into your complaint.",
        proof=Proof.NOTHING,
        is_answered=True,
        is_one_wish=False,
        asks=("text",),
    ),
    Rule(
        Kind.QUESTION,
        explains="Anything you want to know about your data or our policy.",
        next="A person reads it and writes to you.",
        outcome="We answered your question.",
        proof=Proof.NOTHING,
        is_answered=True,
        is_one_wish=False,
        asks=("text",),
    ),
)

KINDS: Final[Mapping[Kind, Rule]] = MappingProxyType({each.kind: each for each in _EVERY})
COPIES: Final = (Kind.ACCESS, Kind.PORTABILITY)
"""A file is made."""
AT_ONCE: Final = tuple(each.kind for each in _EVERY if each.is_carried_out_at_once)
DECIDED: Final = tuple(each.kind for each in _EVERY if each.is_decided)
ONE_WISH: Final = tuple(each.kind for each in _EVERY if each.is_one_wish)


def rule(kind: str) -> Rule:
    """What is particular to this kind. Raises `ValueError` for none of ours."""
    return KINDS[Kind(kind)]
