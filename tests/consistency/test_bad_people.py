"""People as they really come: names in every script, one person under three records, one address typed by two, JSON inside JSON."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Browser
from privacy.messages import outbox
from privacy.models import Certificate, Message, SealedNeedles, Subject
from privacy.proof import certificates, paper
from privacy.register import subjects
from privacy.rights import acts, erasure, intake, packages, requests
from privacy.rights.models import DataRequest, ExportPackage, State, StepState
from privacy.tests.people import LATER, NOON, Someone, asks, held, someone
from tests.consistency.canaries import everything

pytestmark = pytest.mark.django_db

NAMES = {
    "right to left": "‏ليلى الخوري",
    "an override of direction": "\u202egnp.ecilA",
    "emoji": "Zoë 💍👩‍👩‍👧",
    "two forms of one letter": "Ame\u0301lie Du\u0308rer",
    "markup": "<script>alert(1)</script>&amp;",
    "lines that would be headers": "Ann\r\nBcc: mallory@example.com",
}


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Any) -> None:
    settings.LOUPE_HOME = tmp_path


@pytest.fixture
def bob() -> Someone:
    return someone("bob")


def copy_of(request: DataRequest) -> str:
    """All text of the ZIP that answers a request."""
    acts.carry_out(request.pk, by="system:worker", at=NOON)
    with packages.start(ExportPackage.objects.get(request=request), by="customer", at=NOON) as pieces:
        copy = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    return "".join(copy.read(name).decode() for name in copy.namelist())


def erased(request: DataRequest) -> DataRequest:
    requests.approve(request, by="staff:3", at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    return DataRequest.objects.get(pk=request.pk)


def sent(at: Any) -> None:
    """Everything in the outbox leaves, and the sweep has found nothing."""
    outbox.sweep(at=at)
    SealedNeedles.objects.all().delete()


def places_of(text: str) -> list[str]:
    return [place for place, content in everything().items() if text in content]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_of_any_kind_is_mailed_certified_and_erased(bob: Someone, name: str, mailoutbox: Any) -> None:
    alice = someone("alice")
    for model, key in (("accounts.User", "pk"), ("accounts.Address", "user")):
        apps.get_model(model).objects.filter(**{key: alice.user.pk}).update(full_name=name)
    before = held(bob)
    done = erased(asks(alice))
    sent(LATER)
    assert done.state == State.COMPLETED
    assert mailoutbox
    for mail in mailoutbox:
        assert (mail.to, mail.cc, mail.bcc) == ([alice.email], [], [])
        assert "mallory" not in str(mail.message().items())
        assert "<script" not in str(mail.alternatives)
    certificate = Certificate.objects.get()
    assert certificates.verify(certificate).is_valid
    assert paper.printed(certificate).startswith(b"%PDF-")
    assert places_of(name) == []
    assert held(bob) == before


def test_one_person_under_three_records_is_told_and_erased_whole_whoever_of_them_asks(bob: Someone) -> None:
    """A guest joined to an account that was joined to another: the chain is walked from any end."""
    alice, second = someone("alice"), someone("alicetwo")
    guest = subjects.new(by="guest", at=NOON)
    links = apps.get_model("privacy.SubjectLink").objects
    links.create(child=guest, root=second.subject, proof=subjects.Proof.LINK_CLICKED, at=NOON)
    links.create(child=second.subject, root=alice.subject, proof=subjects.Proof.EMAIL_CONFIRMED, at=NOON)
    before = held(bob)
    request = requests.receive("access", subject=guest, contact=alice.email, by="guest", at=NOON)
    text = copy_of(requests.verify(request, evidence="link_clicked", by=guest, at=NOON))
    assert [word for word in (*alice.words, *second.words) if word not in text] == []
    assert [word for word in bob.words if word in text] == []
    wish = requests.receive("erasure", subject=guest, contact=alice.email, by="guest", at=NOON)
    done = erased(requests.verify(wish, evidence="link_clicked", by=guest, at=NOON))
    sent(LATER)
    assert done.state == State.COMPLETED
    assert [word for word in (*alice.words, *second.words) if places_of(word)] == []
    records = Subject.objects.filter(pk__in=[guest.pk, alice.subject.pk, second.subject.pk])
    assert [each.is_erased for each in records] == [True] * 3
    assert held(bob) == before


def test_whoever_proves_an_address_sees_nothing_of_somebody_else_who_proved_another(bob: Someone) -> None:
    """Bob once typed Alice's address; he has proved his own, so her proof does not take his rows."""
    subjects.identify(bob.subject, value="alice@example.com", by=bob.user, at=NOON)
    alice, before = someone("alice"), held(bob)
    text = copy_of(asks(alice, "access"))
    assert [word for word in alice.words if word not in text] == []
    assert [word for word in bob.words if word in text] == []
    assert erased(asks(alice)).state == State.COMPLETED
    assert held(bob) == before


def test_an_account_made_with_somebodys_address_opens_nothing_when_they_prove_it() -> None:
    """Mallory signs up with Alice's address and knows the password; Alice proves the address by the public form."""
    mallory = User.objects.create_user("alice@example.com", PASSWORD, at=NOON)
    request = intake.ask("access", address="alice@example.com", at=NOON)
    assert request is not None
    intake.confirm(request.pk, at=NOON)
    browser = Browser()
    browser.sign_in("alice@example.com", PASSWORD)
    answer = browser.get("/account/privacy/")
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")
    assert Message.objects.filter(subject__in=subjects.family(mallory.subject)).exists()


@pytest.mark.parametrize(
    ("theirs", "typed"),
    [("alice@straße.example", "alice@strasse.example"), ("alice@βόλος.example", "alice@βόλοσ.example")],
    ids=["sharp s", "final sigma"],
)
def test_two_domains_that_fold_to_one_word_are_two_mailboxes(theirs: str, typed: str) -> None:
    """IDNA keeps these apart (RFC 5891, RFC 5892), so whoever owns one of them has proved nothing about the other."""
    alice, mallory = (subjects.new(by="guest", at=NOON) for _ in range(2))
    subjects.identify(alice, value=theirs, by="guest", at=NOON)
    proof = subjects.Proof.LINK_CLICKED
    assert subjects.prove(mallory, value=typed, proof=proof, by="guest", at=NOON) == []
    assert subjects.family(mallory) == [mallory.pk]
    joined = subjects.prove(mallory, value=theirs.replace("alice", "ALICE"), proof=proof, by="guest", at=NOON)
    assert [each.pk for each in joined] == [alice.pk]


def test_what_lies_deep_in_json_is_told_whole_and_erased_whole(bob: Someone) -> None:
    alice = someone("alice")
    accounts = apps.get_model("socialaccount.SocialAccount").objects
    for person in (alice, bob):
        name = person.user.full_name
        deep: dict[str, Any] = {
            "profile": [{"names": [{"given": f"Deep {name}"}], "é💍": {"list": [[[name]]]}}],
            name: None,
        }
        accounts.create(user=person.user, provider="google", uid=person.email, extra_data=deep)
        apps.get_model("orders.Bag").objects.create(
            pk=person.user.subject_id, subject=person.user.subject, words=deep, created_at=NOON, touched_at=NOON
        )
    text = copy_of(asks(alice, "access"))
    assert json.dumps(accounts.get(user=alice.user).extra_data, ensure_ascii=False) in text
    assert f"Deep {bob.user.full_name}" not in text
    done = erased(asks(alice))
    sent(LATER + timedelta(hours=1))
    assert (done.state, places_of("Deep Alice"), places_of(alice.user.full_name)) == (State.COMPLETED, [], [])
    assert places_of("Deep Bob") != []
    assert accounts.get().user == bob.user


def test_a_file_that_cannot_be_deleted_leaves_the_erasure_partly_done_until_it_can(bob: Someone) -> None:
    alice = someone("alice")
    for person in (alice, bob):
        copy_of(asks(person, "access"))
        ExportPackage.objects.filter(request__subject=person.subject).update(spent_at=None, removed_at=None)
    mine, his = (packages.file_of(ExportPackage.objects.get(request__subject=each.subject)) for each in (alice, bob))
    mine.unlink()
    mine.mkdir()  # unlink refuses it, as it refuses a file of a disk that is read-only
    waiting = erased(asks(alice))
    stuck = waiting.steps.get(target="privacy.ExportPackage")
    assert (waiting.state, stuck.state, stuck.blocker) == (
        State.PARTLY_DONE,
        StepState.BLOCKED,
        "Something below us refused it (IsADirectoryError).",
    )
    assert not Certificate.objects.exists()
    mine.rmdir()
    assert waiting.retry_at is not None
    done = erasure.execute(waiting.pk, by="system:worker", at=waiting.retry_at)
    assert done is not None
    assert (done.state, mine.exists(), his.exists()) == (State.COMPLETED, False, True)


@pytest.mark.slow
def test_erasing_twenty_times_the_rows_takes_no_more_memory() -> None:
    """Things looked at, made in SQL; what is counted is Python's own peak."""
    peaks = []
    for name, many in (("bob", 500), ("alice", 10_000)):
        person = someone(name)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO shop_activity (subject_id, kind, object_ref, at)"
                " SELECT %s, 'viewed', 'product/ring-' || n, %s - n * interval '1 second' FROM generate_series(1, %s) n",
                [person.subject.pk, NOON, many],
            )
        request = requests.approve(asks(person), by="staff:3", at=NOON)
        tracemalloc.start()
        erasure.execute(request.pk, by="system:worker", at=LATER)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        request.refresh_from_db()
        assert (request.state, request.steps.get(target="shop.Activity").affected) == (State.COMPLETED, many)
    few, more = peaks
    assert more / few < 1.5
