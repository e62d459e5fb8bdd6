"""Receipts for consent: what they say, who may fetch them, and how anybody checks one; one changed byte breaks it."""

from __future__ import annotations

import copy
import hashlib
import json
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.ground import audit
from privacy.models import ConsentRecord
from privacy.proof import receipts, signing, verdicts
from privacy.tests.people import LATER, NOON, someone

pytestmark = pytest.mark.django_db
CHECK = "/privacy/receipt/"


@pytest.fixture
def record(alice) -> ConsentRecord:
    """Alice said yes to news by e-mail."""
    return ledger.grant(
        alice.subject, Matter.NEW_PIECES, channel=Channel.EMAIL, notice=notices.current("preferences"),
        surface=Surface.PREFERENCES, network="203.0.113.77", by=alice.user, at=NOON,
    )  # fmt: skip


def pasted(text) -> verdicts.Verdict:
    return receipts.verify_pasted(text if isinstance(text, str) else json.dumps(text))


def test_says_who_what_to_which_text_when_where_and_to_whom(record, alice):
    document = receipts.of(record)["document"]
    notice = record.notice
    assert document == {
        "format": "loupe-consent-receipt/1",
        "modelled_on": receipts.MODELLED_ON,
        "@context": {"dpv": "https://w3id.org/dpv#"},
        "@type": "dpv:ConsentReceipt",
        "dpv:hasIdentifier": str(record.receipt),
        "dpv:hasDataSubject": f"person {alice.subject.pk}",
        "dpv:hasProcess": {
            "@type": "dpv:Process",
            "dpv:hasPurpose": {
                "@type": "dpv:DirectMarketing",
                "label": "News about new pieces, by e-mail",
                "about": "",
            },
            "dpv:hasLegalBasis": "dpv:ExpressedConsent",
            "dpv:hasDataController": "controller",
            "withdrawn_by": "in the preferences, by the link of each message, or by writing to the controller",
        },
        "dpv:hasConsentStatus": {
            "@type": "dpv:ConsentGiven",
            "dpv:isIndicatedAtTime": "2026-11-02T12:00:00+00:00",
            "dpv:isIndicatedBy": "data subject",
            "dpv:hasIndicationMethod": "your preferences",
            "language": "en",
        },
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dpv:hasIdentifier": f"sha256:{notice.digest}",
            "name": "preferences",
            "language": "en",
            "text": notice.text,
        },
        "dpv:hasEntity": {
            "controller": {
                "@type": "dpv:DataController",
                "dpv:hasName": "Jane Ellen Fine Jewelry LLC",
                "dpv:hasContact": "privacy@janeellen.example",
                "dpv:hasAddress": ["12 Orchard Lane", "Portland, OR 97205", "United States"],
            }
        },
        "key_id": signing.key_id(),
    }
    assert "conformity" in document["modelled_on"]
    assert [word for word in (*alice.words, "203.0.113") if word in json.dumps(document)] == [], "it names nobody"


@pytest.mark.parametrize("matter", list(Matter))
def test_everything_people_can_agree_to_has_a_purpose_in_the_vocabulary(matter):
    assert receipts.PURPOSES[matter].startswith("dpv:")


def test_the_text_and_the_signature_can_be_checked_without_us(record):
    paper = json.loads(json.dumps(receipts.of(record)))
    notice = paper["document"]["dpv:hasNotice"]
    shown = "\n".join((notice["name"], notice["language"], notice["text"]))
    assert notice["dpv:hasIdentifier"] == f"sha256:{hashlib.sha256(shown.encode()).hexdigest()}"
    text = json.dumps(paper["document"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signing.public_key()))
    key.verify(bytes.fromhex(paper["signature"]), text.encode())


def test_every_single_byte_counts(record):
    paper = receipts.of(record)
    text = signing.canonical(paper["document"])
    assert signing.fits(text, paper["signature"], signing.public_key())
    for place in range(len(text)):
        other = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        assert not signing.fits(other, paper["signature"], signing.public_key())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("document", "dpv:hasConsentStatus", "@type"), "dpv:ConsentWithdrawn"),
        (("document", "dpv:hasNotice", "text"), "Everything"),
        (("document", "dpv:hasNotice"), None),
        (("document", "dpv:hasIdentifier"), str(uuid4())),
        (("document", "key_id"), "0" * 16),
        (("document", "key_id"), None),
        (("document", "more"), 1.5),
        (("signature",), "00" * 64),
        (("signature",), "zz"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_a_changed_receipt_is_not_valid(record, path, value):
    paper = copy.deepcopy(receipts.of(record))
    assert pasted(paper).is_valid
    *way, last = path
    place = paper
    for step in way:
        place = place[step]
    place[last] = value
    verdict = pasted(paper)
    assert (verdict.is_valid, verdict.document) == (False, None)


@pytest.mark.parametrize(
    "text", ["", "yes", "{}", "[1]", '{"document": 1, "signature": "x"}', "[" * 50_000, "x" * 100_001]
)
def test_what_is_no_receipt_is_said_to_be_none(text):
    assert not pasted(text).is_valid


def test_a_certificate_is_no_receipt_and_a_receipt_no_certificate(record):
    paper = receipts.of(record)
    paper["document"]["format"] = "loupe-erasure-certificate/2"
    assert pasted(paper).words.startswith("This JSON is not a receipt of ours")


def test_the_check_says_whether_it_is_still_the_last_word(record, alice):
    paper = receipts.of(record)
    assert pasted(paper).words == "The signature fits. It is the last word."
    taken = ledger.withdraw(
        alice.subject, Matter.NEW_PIECES, channel="email", surface=Surface.STOP, by=alice.user, at=LATER
    )
    assert pasted(paper).words == "The signature fits. It was the last word until 6 November 2026."
    assert pasted(str(taken.receipt)).words == "The signature fits. It is the last word."
    with audit.expiring():
        record.delete()
    assert pasted(paper).words == "The signature fits. Our register holds this record no longer: its time has run."
    assert pasted(str(record.receipt)).words == "Our register holds no receipt of this number."


def test_one_fetches_ones_own_receipts_and_nobody_elses(record, alice, client):
    bob, url = someone("bob"), reverse("privacy:receipt", args=[record.receipt])
    assert client.get(url).status_code == 302
    client.force_login(bob.user)
    assert client.get(url).status_code == 404
    client.force_login(alice.user)
    answer = client.get(url)
    assert answer.json() == receipts.of(record)
    assert answer["Content-Disposition"] == f'attachment; filename="consent-{record.receipt}.json"'
    assert answer["Cache-Control"] == "private, no-store"


def test_anybody_checks_one_on_the_public_page(record):
    client, paper = Client(headers={"sec-fetch-site": "same-origin"}), json.dumps(receipts.of(record))
    assert client.get(CHECK).status_code == 200
    page = client.post(CHECK, {"pasted": paper})
    assert (page.status_code, page.context["verdict"].is_valid) == (200, True)
    assert "News about new pieces, by e-mail" in page.content.decode()
    page = client.post(CHECK, {"file": SimpleUploadedFile("consent.json", paper.encode())})
    assert (page.status_code, page.context["verdict"].is_valid) == (200, True)
    page = client.post(CHECK, {"pasted": paper.replace("ConsentGiven", "ConsentRefused")})
    assert (page.status_code, page.context["verdict"].is_valid, page.context["told"]) == (400, False, [])
    assert client.post(CHECK, {}).status_code == 400
