"""Certificates: what they say, both signatures, the paper, and how anybody checks them; one changed byte breaks them."""

from __future__ import annotations

import copy
import hashlib
import io
import json
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from privacy.models import Certificate, Message
from privacy.proof import certificates, paper, signing, sweep
from privacy.register import registry
from privacy.rights import erasure, requests
from privacy.tests.people import LATER, NOON, asks, someone

CAROL = "staff:3"
NIGHT = LATER + timedelta(hours=9)
OTHER_KEY = "11" * 32


@pytest.fixture(scope="module")
def _certified(module_db):
    """Once for all these tests: Alice is erased and certified."""
    with override_settings(LOUPE_ERASURE_GRACE=timedelta(hours=1), LOUPE_BACKUP_DAYS=35):
        request = requests.approve(asks(someone("alice")), by=CAROL, at=NOON)
        erasure.execute(request.pk, by="system:worker", at=LATER)
    Message.objects.all().delete()


@pytest.fixture
def certificate(_certified, db, settings, tmp_path):
    """Alice is erased and certified; the sweep has not been yet."""
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    settings.LOUPE_HOME, settings.MEDIA_ROOT, settings.LOUPE_SWEEP_FOLDERS = tmp_path, tmp_path / "media", []
    return Certificate.objects.get()


@pytest.fixture
def countersigned(certificate):
    """The same after a clean night."""
    assert sweep.run(by="system:sweep", at=NIGHT).is_clean
    return certificate


@pytest.fixture
def another_key(settings):
    """Rotate the signing key; afterwards the old one again."""

    def rotate(*, publish_old: bool) -> None:
        old = signing.public_key()
        settings.LOUPE_SIGNING_KEY = OTHER_KEY
        settings.LOUPE_OLD_PUBLIC_KEYS = [old] if publish_old else []
        signing._private_key.cache_clear()

    yield rotate
    signing._private_key.cache_clear()


def says(file, **options):
    out = io.StringIO()
    call_command("verify_certificate", str(file), stdout=out, **options)
    return out.getvalue()


# What it says


@pytest.mark.promise("JE-98", "JK-29", "JE-78")
def test_says_what_went_what_stays_why_and_when_the_last_backup_is_gone(certificate):
    document = certificate.document
    assert document["format"] == "loupe-erasure-certificate/2"
    assert document["backups"] == {"oldest_days": 35, "gone_by": (LATER + timedelta(days=35)).date().isoformat()}
    assert document["legal_holds"] == []
    assert {"what", "rows", "fields"} == set(document["erased"][0])
    assert all({"what", "fields", "reason", "basis", "rows", "until"} == set(part) for part in document["retained"])
    assert {part["name"] for part in document["processors"]} == {each.name for each in registry.processors()}


def test_the_countersignature_binds_the_certificate_and_what_was_looked_through(countersigned):
    second = countersigned.countersignature
    document = second.document
    assert document["certificate_sha256"] == hashlib.sha256(countersigned.canonical.encode()).hexdigest()
    assert (document["certificate"], document["found"]) == (countersigned.reference, 0)
    assert document["coverage"]["tables"] > 40
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signing.public_key()))
    key.verify(bytes.fromhex(second.signature), second.canonical.encode())


# Tampering


def changed(published, path, value):
    """A copy of the published paper with one value replaced."""
    paper_ = copy.deepcopy(published)
    *way, last = path
    place = paper_
    for step in way:
        place = place[step]
    place[last] = value
    return paper_


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("document", "erased"), []),
        (("document", "backups", "gone_by"), "2026-11-07"),
        (("document", "key_id"), "0" * 16),
        (("signature",), "00" * 64),
        (("signature",), "zz"),
        (("countersignature", "document", "found"), 1),
        (("countersignature", "document", "coverage", "tables"), 1_000),
        (("countersignature", "document", "certificate_sha256"), "0" * 64),
        (("countersignature", "document", "format"), "other"),
        (("countersignature", "document"), None),
        (("countersignature", "signature"), "00" * 64),
        (("countersignature", "signature"), None),
        (("countersignature",), "x"),
    ],
)
def test_any_change_breaks_it(countersigned, path, value):
    published = certificates.published(countersigned)
    assert certificates.verify_pasted(json.dumps(published)).is_valid
    assert not certificates.verify_pasted(json.dumps(changed(published, path, value))).is_valid


def test_every_single_byte_of_both_documents_counts(countersigned):
    second = countersigned.countersignature
    key = signing.public_key()
    for signed in (countersigned, second):
        text = signed.canonical
        assert signing.fits(text, signed.signature, key)
        for place in range(0, len(text), 7):
            other = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
            assert not signing.fits(other, signed.signature, key)


def test_a_countersignature_of_another_certificate_does_not_pass(countersigned):
    published = certificates.published(countersigned)
    request = requests.approve(asks(someone("dora")), by=CAROL, at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    other = Certificate.objects.get(request_reference=request.reference)
    mixed = {**certificates.published(other), "countersignature": published["countersignature"]}
    verdict = certificates.verify_pasted(json.dumps(mixed))
    assert not verdict.is_valid
    assert "belongs to another document" in verdict.words


# Keys


def test_what_an_older_key_signed_stays_valid_while_its_public_half_is_published(countersigned, another_key):
    before = certificates.published(countersigned)
    another_key(publish_old=True)
    assert signing.key_id() != before["key_id"]
    assert certificates.verify_pasted(json.dumps(before)).is_valid
    page = Client().get("/privacy/certificate/").content.decode()
    assert all(key in page for key in signing.public_keys().values())
    another_key(publish_old=False)
    verdict = certificates.verify_pasted(json.dumps(before))
    assert (verdict.is_valid, "none of the published ones" in verdict.words) == (False, True)


def test_a_certificate_of_the_first_format_still_verifies(certificate):
    document = {**certificate.document, "format": "loupe-erasure-certificate/1", "reference": "CE-2222-3333"}
    del document["backups"], document["legal_holds"]
    document["coverage"] = {**document["coverage"], "backups": "not covered"}
    text = signing.canonical(document)
    first = Certificate.objects.create(
        reference="CE-2222-3333",
        subject_id=certificate.subject_id,
        request_reference="DSR-2222-3333",
        canonical=text,
        signature=signing.sign(text),
        key_id=signing.key_id(),
        issued_at=NOON,
    )
    assert certificates.verify(first).is_valid
    assert b"Not covered" in Client().get("/privacy/certificate/CE-2222-3333/").content
    assert certificates.verify_file(paper.printed(first)).is_valid


# On paper, and checked without us


def test_the_paper_carries_the_signed_documents(countersigned):
    pdf = paper.printed(countersigned)
    assert pdf.startswith(b"%PDF-")
    assert certificates.read(pdf) == certificates.published(countersigned)
    answer = Client().get(f"/privacy/certificate/{countersigned.reference}/certificate.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert certificates.verify_file(answer.content).is_valid
    assert not certificates.verify_file(pdf.replace(b'"rows": 1', b'"rows": 2')).is_valid
    assert not certificates.verify_file(b"%PDF-1.7\nsomething else").is_valid


def test_the_command_needs_no_database(countersigned, tmp_path, django_db_blocker):
    files = {
        "a.json": json.dumps(certificates.published(countersigned)).encode(),
        "a.pdf": paper.printed(countersigned),
    }
    with django_db_blocker.block():
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
            lines = says(tmp_path / name).splitlines()
            assert len(lines) == 7
            assert all(line.startswith("ok") for line in lines[:-1])
            assert says(tmp_path / name, public_key=signing.public_key()) == says(tmp_path / name)


def test_the_command_says_no_and_why(countersigned, tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(certificates.published(countersigned)).replace("Saved addresses", "Other addresses"))
    with pytest.raises(CommandError, match="does not hold"):
        says(file)
    file.write_text(json.dumps(certificates.published(countersigned)))
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    for key, words in ((stranger, "does not hold"), ("xyz", "64 hex digits"), ("ab" * 3, "does not hold")):
        with pytest.raises(CommandError, match=words):
            says(file, public_key=key)
    with pytest.raises(CommandError, match="No such file"):
        says(tmp_path / "missing.json")
    file.write_text("{}")
    with pytest.raises(CommandError, match="not a certificate of ours"):
        says(file)


@pytest.mark.parametrize("kind", ["json", "pdf"])
def test_the_page_takes_the_file(countersigned, kind):
    content = {"json": json.dumps(certificates.published(countersigned)).encode(), "pdf": paper.printed(countersigned)}
    file = SimpleUploadedFile(f"a.{kind}", content[kind])
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    answer = client.post("/privacy/certificate/", {"file": file})
    assert (answer.status_code, b"Our register holds this certificate" in answer.content) == (200, True)
    broken = SimpleUploadedFile(f"a.{kind}", content[kind].replace(b"Stripe", b"Strike"))
    assert client.post("/privacy/certificate/", {"file": broken}).status_code == 400
    assert client.post("/privacy/certificate/", {}).status_code == 400


def test_the_page_shows_both_signatures_and_what_is_still_to_come(certificate):
    url = f"/privacy/certificate/{certificate.reference}/"
    assert b"Not yet. Each night" in Client().get(url).content
    sweep.run(by="system:sweep", at=NIGHT)
    page = Client().get(url).content.decode()
    assert certificate.countersignature.signature in page
    assert f"{certificate.countersignature.sweep.reference}</span>" in page


def test_the_few_lines_in_the_documentation_check_both_signatures(countersigned, tmp_path, settings):
    page = (settings.BASE_DIR / "docs" / "evidence.md").read_text()
    lines = page.partition("```python\n")[2].partition("```")[0]
    file = tmp_path / "CE-XXXX-XXXX.json"
    file.write_text(json.dumps(certificates.published(countersigned)))
    lines = lines.replace("CE-XXXX-XXXX.json", str(file)).replace("PUBLIC_KEY", repr(signing.public_key()))
    exec(lines, {})
    file.write_text(file.read_text().replace("Saved addresses", "Other addresses"))
    with pytest.raises(InvalidSignature):
        exec(lines, {})
