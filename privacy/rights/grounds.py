"""The grounds on which the answer may be no: a closed list for each law. A shop that merely would rather not has none.

`of` gives the grounds that are open for one kind of request under the law of where the person lives; where that is unknown or has
no law of its own, the GDPR's, which is the strictest. Every ground carries the words the person reads, and its article.

Sources: GDPR Art. 11(2), 12(5), 12(6), 15(4), 16 to 21; Cal. Civ. Code 1798.105(d), 1798.130, 1798.145; 11 CCR 7023, 7026, 7027,
7060 to 7062; FADP Art. 26, 32; Va. Code 59.1-577 and 59.1-582 for the acts of other states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext

from privacy.ground import tongue
from privacy.register import authorities, subjects
from privacy.rights.deadlines import STATES, Law
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest


class Ground(StrEnum):
    """One ground of one law."""

    NOT_ABOUT_DATA = "policy.not_about_data"
    NOT_SHOWN = "gdpr.not_shown"
    UNFOUNDED = "gdpr.unfounded"
    EXCESSIVE = "gdpr.excessive"
    RIGHTS_OF_OTHERS = "gdpr.rights_of_others"
    NOT_PORTABLE = "gdpr.not_portable"
    ACCURATE = "gdpr.accurate"
    EXPRESSION = "gdpr.expression"
    LEGAL_OBLIGATION = "gdpr.legal_obligation"
    LEGAL_CLAIMS = "gdpr.legal_claims"
    NO_CONDITION = "gdpr.no_condition"
    OVERRIDING = "gdpr.overriding"
    CA_NOT_SHOWN = "california.not_shown"
    CA_UNFOUNDED = "california.unfounded"
    CA_TWICE = "california.twice"
    CA_TRANSACTION = "california.transaction"
    CA_SECURITY = "california.security"
    CA_SPEECH = "california.speech"
    CA_LEGAL_OBLIGATION = "california.legal_obligation"
    CA_ACCURATE = "california.accurate"
    CA_FRAUD = "california.fraud"
    CA_YEAR = "california.year"
    CH_UNFOUNDED = "switzerland.unfounded"
    CH_STATUTE = "switzerland.statute"
    CH_OTHERS = "switzerland.others"
    CH_INTEREST = "switzerland.interest"
    US_NOT_SHOWN = "states.not_shown"
    US_UNFOUNDED = "states.unfounded"
    US_LEGAL_OBLIGATION = "states.legal_obligation"
    US_TRANSACTION = "states.transaction"
    US_CLAIMS = "states.claims"


class NotOpen(ValueError):
    """This ground is not one of this law for this kind of request."""


@dataclass(frozen=True)
class Basis:
    """What stands behind a ground: whose it is, where it is written, its words, and for which requests it can be given."""

    ground: Ground
    law: Law
    source: str
    words: str
    kinds: frozenset[Kind]


#: What asks nobody anything cannot fail to be shown, and is not refused for costing too much.
UNREFUSED: Final = frozenset(
    {Kind.WITHDRAWAL, Kind.OPT_OUT, Kind.LIMIT, Kind.DEACTIVATION, Kind.COMPLAINT, Kind.QUESTION}
)
RIGHTS: Final = frozenset(Kind) - UNREFUSED
PROVEN: Final = RIGHTS - {Kind.CHILD_REPORT}
TO_KNOW: Final = frozenset({Kind.ACCESS, Kind.PORTABILITY, Kind.CATEGORIES})
ERASING: Final = frozenset({Kind.ERASURE, Kind.PARENTAL})
ADVERTISING: Final = frozenset({Kind.OPT_OUT, Kind.LIMIT})
ASKED: Final = frozenset({Kind.COMPLAINT, Kind.QUESTION})
US_RIGHTS: Final = TO_KNOW | ERASING | {Kind.CORRECTION}

GROUNDS: Final[Mapping[Ground, Basis]] = MappingProxyType(
    {
        each.ground: each
        for each in (
            Basis(
                Ground.NOT_ABOUT_DATA, Law.POLICY, "our privacy policy",
                "This is not about personal data. Our shop's own contact answers it.", ASKED,
            ),
            Basis(
                Ground.NOT_SHOWN, Law.GDPR, "GDPR Art. 11(2), 12(6)",
                "We could not make sure that you are the person these data are about.", PROVEN,
            ),
            Basis(
                Ground.UNFOUNDED, Law.GDPR, "GDPR Art. 12(5)(b)",
                "The request is manifestly unfounded: it does not ask for what this right gives.", RIGHTS,
            ),
            Basis(
                Ground.EXCESSIVE, Law.GDPR, "GDPR Art. 12(5)(b)",
                "The same was asked so often, so shortly before, that asking again is manifestly excessive.", PROVEN,
            ),
            Basis(
                Ground.RIGHTS_OF_OTHERS, Law.GDPR, "GDPR Art. 15(4), 20(4)",
                "It would reveal what belongs to somebody else, and cannot be given without that.", TO_KNOW,
            ),
            Basis(
                Ground.NOT_PORTABLE, Law.GDPR, "GDPR Art. 20(1)",
                "We do not hold these data by your consent or for a contract with you. You can see them instead.",
                frozenset({Kind.PORTABILITY}),
            ),
            Basis(
                Ground.ACCURATE, Law.GDPR, "GDPR Art. 16",
                "What we hold is right, as far as anything shows. Your view is noted beside it.",
                frozenset({Kind.CORRECTION}),
            ),
            Basis(
                Ground.EXPRESSION, Law.GDPR, "GDPR Art. 17(3)(a)",
                "Others have the freedom to say and to read it.", ERASING,
            ),
            Basis(
                Ground.LEGAL_OBLIGATION, Law.GDPR, "GDPR Art. 17(3)(b)",
                "A law obliges us to keep all that we hold about you.", ERASING,
            ),
            Basis(
                Ground.LEGAL_CLAIMS, Law.GDPR, "GDPR Art. 17(3)(e), 18(2), 21(1)",
                "It is needed to bring or to answer a legal claim.", ERASING | {Kind.OBJECTION},
            ),
            Basis(
                Ground.NO_CONDITION, Law.GDPR, "GDPR Art. 18(1)",
                "None of the four cases is given in which the law has us set data aside.", frozenset({Kind.RESTRICTION}),
            ),
            Basis(
                Ground.OVERRIDING, Law.GDPR, "GDPR Art. 21(1)",
                "There are compelling reasons for this use that weigh more than yours against it.",
                frozenset({Kind.OBJECTION}),
            ),
            Basis(
                Ground.CA_NOT_SHOWN, Law.CALIFORNIA, "11 CCR 7060 to 7062",
                "We could not verify that you are the person these data are about.", US_RIGHTS,
            ),
            Basis(
                Ground.CA_UNFOUNDED, Law.CALIFORNIA, "Cal. Civ. Code 1798.145(h)(3)",
                "The request is manifestly unfounded or excessive.", US_RIGHTS,
            ),
            Basis(
                Ground.CA_TWICE, Law.CALIFORNIA, "Cal. Civ. Code 1798.130(b)",
                "You have had your data twice within twelve months already.", TO_KNOW,
            ),
            Basis(
                Ground.CA_TRANSACTION, Law.CALIFORNIA, "Cal. Civ. Code 1798.105(d)(1)",
                "It is needed to complete what you ordered, its warranty or its recall.", ERASING,
            ),
            Basis(
                Ground.CA_SECURITY, Law.CALIFORNIA, "Cal. Civ. Code 1798.105(d)(2)",
                "It is needed to keep our systems secure.", ERASING,
            ),
            Basis(
                Ground.CA_SPEECH, Law.CALIFORNIA, "Cal. Civ. Code 1798.105(d)(4)",
                "Others have the right of free speech.", ERASING,
            ),
            Basis(
                Ground.CA_LEGAL_OBLIGATION, Law.CALIFORNIA, "Cal. Civ. Code 1798.105(d)(8), 1798.145(a)",
                "A law obliges us to keep all that we hold about you, or a legal claim needs it.", ERASING,
            ),
            Basis(
                Ground.CA_ACCURATE, Law.CALIFORNIA, "11 CCR 7023(b), (f)",
                "All circumstances taken together, what we hold is more likely right than not.",
                frozenset({Kind.CORRECTION}),
            ),
            Basis(
                Ground.CA_FRAUD, Law.CALIFORNIA, "11 CCR 7023(h), 7026(e), 7027(f)",
                "We have a documented reason to believe that this request is fraudulent.",
                ADVERTISING | {Kind.CORRECTION},
            ),
            Basis(
                Ground.CA_YEAR, Law.CALIFORNIA, "Cal. Civ. Code 1798.83(c)(1)",
                "We answered this for you in this calendar year already.", frozenset({Kind.SHINE_THE_LIGHT}),
            ),
            Basis(
                Ground.CH_UNFOUNDED, Law.SWITZERLAND, "FADP Art. 26(1)(c)",
                "The request is manifestly unfounded, or serves another end than data protection.", RIGHTS,
            ),
            Basis(
                Ground.CH_STATUTE, Law.SWITZERLAND, "FADP Art. 26(1)(a), 31(1)",
                "A law obliges us to keep it, or to keep it secret.", TO_KNOW | ERASING | {Kind.OBJECTION},
            ),
            Basis(
                Ground.CH_OTHERS, Law.SWITZERLAND, "FADP Art. 26(1)(b)",
                "Overriding interests of somebody else ask for it.", TO_KNOW,
            ),
            Basis(
                Ground.CH_INTEREST, Law.SWITZERLAND, "FADP Art. 31(1), (2)",
                "An overriding interest that the law names asks for it.",
                frozenset({Kind.ERASURE, Kind.RESTRICTION, Kind.OBJECTION}),
            ),
            Basis(
                Ground.US_NOT_SHOWN, Law.STATES, "such as Va. Code 59.1-577(B)(4)",
                "We could not authenticate the request with commercially reasonable efforts.", US_RIGHTS,
            ),
            Basis(
                Ground.US_UNFOUNDED, Law.STATES, "such as Va. Code 59.1-577(B)(3)",
                "The request is manifestly unfounded, excessive or repetitive.", US_RIGHTS,
            ),
            Basis(
                Ground.US_LEGAL_OBLIGATION, Law.STATES, "such as Va. Code 59.1-582(A)(1)",
                "A law obliges us to keep all that we hold about you.", ERASING,
            ),
            Basis(
                Ground.US_TRANSACTION, Law.STATES, "such as Va. Code 59.1-582(A)(5)",
                "It is needed to carry out what you ordered, or its warranty.", ERASING,
            ),
            Basis(
                Ground.US_CLAIMS, Law.STATES, "such as Va. Code 59.1-582(A)(4)",
                "It is needed to bring or to answer a legal claim.", ERASING,
            ),
        )
    }
)  # fmt: skip


def of(kind: str, residence: str) -> list[Ground]:
    """The grounds that may be given for a request of this *kind* by somebody who lives in *residence*; none: it is not refused.

    What the law of the residence does not speak of falls under the GDPR, whose rights everybody has here.
    """
    law, wanted = _law(residence), Kind(kind)
    return _open(wanted, law) or _open(wanted, Law.GDPR) or _open(wanted, Law.POLICY)


def open_to(request: DataRequest) -> list[Basis]:
    """What stands behind each ground that may be given for this request."""
    return [basis(each) for each in of(request.kind, subjects.root(request.subject).residence)]


def basis(ground: str) -> Basis:
    """What stands behind a ground."""
    return GROUNDS[Ground(ground)]


def check(ground: str, request: DataRequest) -> Ground:
    """The ground, if it is open for this request. Raises `NotOpen`."""
    if ground not in [each.ground for each in open_to(request)]:
        raise NotOpen(f"{ground or 'no ground'} cannot be given for {request.get_kind_display()}")
    return Ground(ground)


def appeal(residence: str) -> str:
    """What somebody can do who thinks that our no is wrong."""
    names = [each.name for each in authorities.of(residence)]
    whom = (
        gettext(" or ").join(names) if names else gettext("the data protection authority of the place where you live")
    )
    return f"{tongue.translated(APPEALS[_law(residence)])} " + gettext("You can also turn to {whom}.").format(whom=whom)


APPEALS: Final[Mapping[Law, str]] = MappingProxyType(
    {
        Law.GDPR: "Appeal on the page of your request: somebody else decides within a month. A court can be asked as well.",
        Law.SWITZERLAND: (
            "Appeal on the page of your request: somebody else decides within a month. A civil court can be asked as well."
        ),
        Law.CALIFORNIA: "Appeal on the page of your request: somebody else decides within 45 days.",
        Law.STATES: (
            "Appeal on the page of your request: somebody else decides within 45 days and tells you in writing why. "
            "If it stays a no, the attorney general of your state takes complaints."
        ),
    }
)


def _open(kind: Kind, law: Law) -> list[Ground]:
    return [each.ground for each in GROUNDS.values() if each.law == law and kind in each.kinds]


def _law(residence: str) -> Law:
    """The one law whose list of grounds counts: that of the residence, else the GDPR."""
    country, _, part = residence.partition("-")
    if country == "CH":
        return Law.SWITZERLAND
    if country == "US" and part == "CA":
        return Law.CALIFORNIA
    return Law.STATES if country == "US" and part in STATES else Law.GDPR
