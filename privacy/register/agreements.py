"""What the shop agreed on with each company that gets personal data: without it nothing leaves for that company.

The facts are the operator's, so they stand in the shop's profile, `[processors]`, and nowhere in code: when the agreement was
signed and where it lies, which terms of GDPR Art. 28(3) it has, in which country the company stands and, outside the European
Economic Area, by which safeguard data go there (Art. 45 to 47). A system check asks for them before the shop starts, `disclosures`
at the last metre.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from privacy.register import profiles, registry
from privacy.register.profiles import Agreement

#: What the agreement has to bind the company to.
TERMS: Final[Mapping[str, str]] = {
    "instructions": "works on our documented instructions only, for no end of its own (a)",
    "secrecy": "binds its people to secrecy (b)",
    "security": "keeps the data safe (c)",
    "onward": "passes nothing on to another company without our word (d)",
    "rights": "helps to honour people's rights (e)",
    "incidents": "tells us of leaks and helps with them (f)",
    "deletion": "deletes or gives back everything at the end (g)",
    "audits": "lets itself be looked at (h)",
}
#: By what data may go to a country outside the European Economic Area.
MECHANISMS: Final[Mapping[str, str]] = {
    "adequacy": "a decision that the country protects data well enough (Art. 45)",
    "dpf": "the EU-US Data Privacy Framework, for a company on its list (Decision (EU) 2023/1795)",
    "scc": "Standard Contractual Clauses (Decision (EU) 2021/914)",
    "bcr": "binding corporate rules that an authority approved (Art. 47)",
}
EEA: Final = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV",
     "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"]
)  # fmt: skip
NOWHERE: Final = "not stated"
STAND_IN: Final = "stand-in"
"""Where the agreements of the demonstration lie. A shop of one's own has to name its own."""


class NotAgreed(Exception):
    """Something was about to leave for a company with which nothing, or too little, is agreed."""

    def __init__(self, slug: str, lacks: list[str]) -> None:
        super().__init__(f"{slug} gets nothing: {', '.join(lacks)}")
        self.slug = slug
        self.lacks = lacks


def of(slug: str) -> Agreement | None:
    """What the profile says about a company, if it says anything."""
    return profiles.current().processors.get(slug)


def lacking(slug: str, *, on: date) -> list[str]:
    """What is missing before anything may leave for this company on that day, in words; nothing when it may."""
    agreed = of(slug)
    return ["no agreement with it is named in the profile"] if agreed is None else list(_gaps(agreed, on))


def guard(slug: str, *, at: datetime) -> None:
    """Let what is about to leave for this company pass, or stop it. *Raises* `NotAgreed`."""
    if lacks := lacking(slug, on=at.date()):
        raise NotAgreed(slug, lacks)


def disagreements(*, on: date) -> Iterator[str]:
    """The companies this shop uses without the agreement it needs, in words; nothing while all is well."""
    for each in registry.processors():
        if each.is_used() and (lacks := lacking(each.slug, on=on)):
            yield f"{each.name} ({each.slug}): {', '.join(lacks)}"


def country(slug: str) -> str:
    """Where the company stands, as the operator says."""
    agreed = of(slug)
    return agreed.country if agreed and agreed.country else NOWHERE


def safeguard(slug: str) -> str:
    """By what data may go to where it stands; nothing inside the European Economic Area, or where nobody said."""
    agreed = of(slug)
    return MECHANISMS.get(agreed.mechanism, "") if agreed else ""


def _gaps(agreed: Agreement, on: date) -> Iterator[str]:
    if agreed.signed_on is None or agreed.signed_on > on:
        yield "no agreement is signed"
    if agreed.ended_on is not None and agreed.ended_on < on:
        yield f"its agreement ended on {agreed.ended_on:%-d %B %Y}"
    if not agreed.document or (agreed.document == STAND_IN and not profiles.current().is_demo):
        yield "nobody says where the signed agreement lies"
    if missing := [name for name in TERMS if name not in agreed.terms]:
        yield f"the agreement lacks {', '.join(missing)} (GDPR Art. 28(3))"
    if not agreed.country:
        yield "nobody says in which country it stands"
    elif agreed.country not in EEA and agreed.mechanism not in MECHANISMS:
        yield f"no safeguard is named for {agreed.country} (one of {', '.join(MECHANISMS)})"
