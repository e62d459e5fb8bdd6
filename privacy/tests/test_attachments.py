"""Files that come with a request: taken in or refused with a sentence, sealed, opened on the record, put away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from privacy.ground import uploads
from privacy.models import Attachment, AuditEvent
from privacy.register import subjects
from privacy.rights import attachments, looks
from privacy.tests.people import NOON, asks, held, someone

pytestmark = pytest.mark.django_db
PDF, PNG, JPEG = b"%PDF-1.7 words of alice", b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0...."
CAROL = "staff:3"


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path


@pytest.fixture
def request_():
    return asks(someone("alice"))


def encloses(request, content=PDF, name="permission of Alice.pdf", **facts):
    return attachments.add(request, ContentFile(content, name=name), by=CAROL, at=NOON, **facts)


def on_disk():
    return list(attachments.folder().iterdir())


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [(PDF, "a.pdf", "application/pdf"), (PNG, "x.pdf", "image/png"), (JPEG, "noname", "image/jpeg")],
    ids=["pdf", "png called pdf", "jpeg"],
)
def test_a_pdf_or_picture_is_kept_for_what_it_is_and_not_what_it_is_called(request_, content, name, said):
    kept = encloses(request_, content, name)
    assert (kept.content_type, kept.size_bytes, kept.title) == (said, len(content), name)
    assert attachments.read(kept, reason="To check the permission", by=CAROL, at=NOON).read() == content


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Only PDF"), (b"MZ\x90\x00", "Only PDF"), (b"<svg onload=alert(1)>", "Only PDF"), (b"PK\x03\x04", "Only PDF"),
        (b" %PDF-1.7", "Only PDF"), (b"%PDF-" + b"x" * attachments.LARGEST, "5 MB"),
    ],
    ids=["empty", "program", "svg", "zip", "not at its beginning", "too large"],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence_and_nothing_is_kept(request_, content, why):
    with pytest.raises(uploads.NotAccepted, match=why):
        encloses(request_, content)
    assert (Attachment.objects.count(), on_disk()) == (0, [])


def test_a_file_of_the_most_is_taken_and_a_sixth_is_not(request_):
    encloses(request_, b"%PDF-".ljust(attachments.LARGEST, b"x"))
    for _ in range(4):
        encloses(request_)
    with pytest.raises(attachments.TooMany):
        encloses(request_)
    assert len(on_disk()) == Attachment.objects.count() == 5


def test_it_lies_sealed_and_its_name_too(request_):
    encloses(request_)
    (file,) = on_disk()
    assert (b"alice" in file.read_bytes().lower(), "alice" in file.name.lower()) == (False, False)


def test_a_name_with_a_path_in_it_leads_nowhere(request_):
    assert encloses(request_, name="../../etc/passwd.pdf").title == "passwd.pdf"
    assert [file.parent for file in on_disk()] == [attachments.folder()]


def test_where_the_row_cannot_be_written_no_file_stays(request_):
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.create(request=request_, kind="enclosure", title="x", file="", size_bytes=1, added_at=NOON)
    with pytest.raises(Exception, match="value too long"), transaction.atomic():
        encloses(request_, kind="something that is no kind")
    assert on_disk() == []


def test_whoever_opens_it_says_why_and_its_person_reads_that(request_):
    bob = someone("bob")
    kept = encloses(request_)
    attachments.read(kept, reason="To check the permission", by=CAROL, at=NOON)
    (look,) = looks.of(subjects.family(request_.subject))
    assert (look.why, look.what) == ("To check the permission", "Files that came with your requests: file")
    assert looks.of(subjects.family(bob.subject)) == []


def test_one_that_tells_too_much_is_put_away_for_good(request_, django_capture_on_commit_callbacks):
    kept, other = encloses(request_), encloses(request_, PNG)
    with django_capture_on_commit_callbacks(execute=True):
        attachments.discard(kept, reason="A copy of an identity card", by=CAROL, at=NOON)
    assert [file.name for file in on_disk()] == [other.file.name]
    kept.refresh_from_db()
    assert (kept.is_there, kept.discarded_at) == (False, NOON)
    assert AuditEvent.objects.get(event="request.file_discarded").note == "A copy of an identity card"
    for again in (attachments.read, attachments.discard):
        with pytest.raises(attachments.Discarded):
            again(kept, reason="again", by=CAROL, at=NOON)


def test_a_file_whose_row_is_gone_is_swept_and_no_other(request_):
    kept = encloses(request_)
    (attachments.folder() / "unknown.sealed").write_bytes(b"x")
    assert attachments.sweep(at=NOON - timedelta(days=3650)) == 0, "its worker may still be at it"
    assert attachments.sweep(at=NOON + timedelta(days=3650)) == 1
    assert [file.name for file in on_disk()] == [kept.file.name]


def test_bob_holds_nothing_of_it(request_):
    bob = someone("bob")
    before = held(bob)
    encloses(request_)
    assert held(bob) == before
