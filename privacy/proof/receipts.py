"""Receipts for consent: what somebody said, to which exact text, signed so that anybody can check it.

The layout follows ISO/IEC TS 27560:2023 (header, processing, party, event) in the terms of the W3C community group's Data Privacy
Vocabulary (https://w3id.org/dpv#). It is modelled on both; conformity is not claimed. A receipt names nobody: who said it stands
there as the random number that the shop's records hang on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Matter, Surface
from privacy.proof import signing, verdicts
from privacy.proof.signing import Json
from privacy.proof.verdicts import Check, Unreadable, Verdict, signature_looks
from privacy.register import profiles
from privacy.register.vocabulary import date_words

FORMAT: Final = "loupe-consent-receipt/1"
MAX_FILE: Final = verdicts.MAX_PASTED
NOT_ONE: Final = "That is neither the number of a receipt nor the JSON of one."
CONTEXT: Final[dict[str, Json]] = {"dpv": "https://w3id.org/dpv#"}
MODELLED_ON: Final = "ISO/IEC TS 27560:2023, with terms of the W3C Data Privacy Vocabulary 2; no conformity is claimed"

STATES: Final[dict[str, str]] = {
    "granted": "dpv:ConsentGiven",
    "withdrawn": "dpv:ConsentWithdrawn",
    "refused": "dpv:ConsentRefused",
}
PURPOSES: Final[dict[Matter, str]] = {
    Matter.NEW_PIECES: "dpv:DirectMarketing",
    Matter.OFFERS: "dpv:DirectMarketing",
    Matter.CARE: "dpv:CommunicationForCustomerCare",
    Matter.RECOMMENDATIONS: "dpv:ProvideProductRecommendations",
    Matter.FUNCTIONALITY: "dpv:UserInterfacePersonalisation",
    Matter.PERFORMANCE: "dpv:ServiceUsageAnalytics",
    Matter.TARGETING: "dpv:TargetedAdvertising",
    Matter.PARTNER_MARKETING: "dpv:Marketing",
    Matter.PUBLISH_REVIEW: "dpv:PublicRelations",
    Matter.USE_PHOTO: "dpv:Advertising",
    Matter.SHARE_WITH_APPRAISER: "dpv:RequestedServiceProvision",
    Matter.SENSITIVE_USE: "dpv:Purpose",
}


# Giving


def of(record: ConsentRecord) -> dict[str, Any]:
    """The receipt for one record, as its holder downloads it: the document, its signature, and how to check it."""
    return verdicts.signed(_document(record))


def _document(record: ConsentRecord) -> dict[str, Json]:
    shop = profiles.current()
    return {
        "format": FORMAT,
        "modelled_on": MODELLED_ON,
        "@context": CONTEXT,
        "@type": "dpv:ConsentReceipt",
        "dpv:hasIdentifier": str(record.receipt),
        "dpv:hasDataSubject": _person(record),
        "dpv:hasProcess": {
            "@type": "dpv:Process",
            "dpv:hasPurpose": {"@type": PURPOSES[Matter(record.matter)], "label": record.words, "about": record.about},
            "dpv:hasLegalBasis": "dpv:ExpressedConsent",
            "dpv:hasDataController": "controller",
            "withdrawn_by": "in the preferences, by the link of each message, or by writing to the controller",
        },
        "dpv:hasConsentStatus": {
            "@type": STATES[record.decision],
            "dpv:isIndicatedAtTime": _second(record.at),
            "dpv:isIndicatedBy": "staff" if record.surface == Surface.STAFF else "data subject",
            "dpv:hasIndicationMethod": record.get_surface_display(),
            "language": record.locale,
        },
        "dpv:hasNotice": _notice(record),
        "dpv:hasEntity": {
            "controller": {
                "@type": "dpv:DataController",
                "dpv:hasName": shop.legal_name,
                "dpv:hasContact": shop.contact.email,
                "dpv:hasAddress": list(shop.contact.address),
            }
        },
        "key_id": signing.key_id(),
    }


def _person(record: ConsentRecord) -> str:
    """The random number, and whether of a person or of a browser."""
    return f"person {record.subject_id}" if record.subject_id else f"visitor {record.visitor_id}"


def _notice(record: ConsentRecord) -> Json:
    if record.notice is None:
        return None
    notice = record.notice
    named = {"dpv:hasIdentifier": f"sha256:{notice.digest}", "name": notice.slug, "language": notice.locale}
    return {"@type": "dpv:ConsentNotice", **named, "text": notice.text}


def _second(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()


SAID: Final[dict[str, str]] = {
    "dpv:ConsentGiven": "Yes",
    "dpv:ConsentWithdrawn": "Yes, taken back",
    "dpv:ConsentRefused": "No",
}


def told(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a receipt of ours says, line by line, for whoever does not read JSON."""
    purpose, said, notice = (
        document["dpv:hasProcess"]["dpv:hasPurpose"],
        document["dpv:hasConsentStatus"],
        document["dpv:hasNotice"],
    )
    lines = [
        ("About", ", ".join(filter(None, (purpose["label"], purpose["about"])))),
        ("Said", SAID[said["@type"]]),
        ("When", date_words(datetime.fromisoformat(said["dpv:isIndicatedAtTime"]))),
        ("Where", said["dpv:hasIndicationMethod"]),
        ("Who", document["dpv:hasDataSubject"]),
        ("To whom", document["dpv:hasEntity"]["controller"]["dpv:hasName"]),
    ]
    return [*lines, ("Text shown", notice["text"])] if notice else lines


# Checking


def verify(record: ConsentRecord) -> Verdict:
    """Check what we would hand out for *record*."""
    return _verdict(of(record))


def verify_pasted(text: str) -> Verdict:
    """Check what somebody pasted: a receipt's number, or its JSON. Never raises for bad input."""
    words = text.strip()
    number = _number(words)
    if number is not None:
        record = _held(number)
        return verify(record) if record else Verdict(False, "Our register holds no receipt of this number.")
    try:
        return _verdict(parsed(words))
    except Unreadable as problem:
        return Verdict(False, str(problem))


def verify_file(data: bytes) -> Verdict:
    """Check an uploaded receipt. Never raises for bad input."""
    return verify_pasted(data.decode("utf-8", "replace"))


def parsed(text: str) -> dict[str, Any]:
    """A receipt from its JSON text. Raises `Unreadable`."""
    return verdicts.parsed(text, what="receipt", formats=(FORMAT,), otherwise=NOT_ONE)


def looks(paper: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[Check]:
    """What can be checked of a receipt with nothing but *keys* (public ones, by name): no database, no network."""
    document = paper["document"]
    yield Check(f"Format {document['format']}, receipt {document.get('dpv:hasIdentifier')}.", True)
    yield from signature_looks(document, paper["signature"], keys, "The signature")


def _verdict(paper: Mapping[str, Any]) -> Verdict:
    """The offline looks; what our register says besides."""
    checks = tuple(looks(paper, signing.public_keys()))
    if bad := [check for check in checks if check.is_good is False]:
        return Verdict(False, bad[0].words, checks=checks)
    document = paper["document"]
    register = _register_says(_held(_number(str(document["dpv:hasIdentifier"]))))
    return Verdict(True, f"The signature fits. {register.words}", document, (*checks, register))


def _register_says(record: ConsentRecord | None) -> Check:
    """Whether what was said is still held, and still the last word about its thing."""
    if record is None:
        return Check("Our register holds this record no longer: its time has run.", None)
    later = ConsentRecord.objects.filter(replaces=record).first()
    if later is not None:
        return Check(f"It was the last word until {later.at:%-d %B %Y}.", True)
    return Check("It is the last word.", True)


def _held(number: UUID | None) -> ConsentRecord | None:
    return ConsentRecord.objects.select_related("notice").filter(receipt=number).first() if number else None


def _number(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
