"""The ledger: a line is there before anything is destroyed, once, whole, and bound to the one before it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings as shop
from django.contrib.auth import get_user_model

from privacy.models import Certificate
from privacy.proof import ledger
from privacy.register import subjects
from privacy.rights import acts, erasure, requests
from privacy.rights.models import DataRequest, State
from privacy.tests.people import LATER, NOON, asks, held, someone

WRITER = """
import os, sys
import django
django.setup()
from datetime import datetime
from privacy.proof import ledger

at, names, lines = datetime.fromisoformat(sys.argv[1]), sys.argv[2].split(), int(sys.argv[3])
for name in names:
    if os.fork() == 0:
        for number in range(lines):
            ledger.write_head(number, name, at=at)
        os._exit(0)
sys.exit(any(os.wait()[1] for _ in names))
"""


@dataclass
class Wish:
    """A request as the ledger sees it."""

    id: UUID
    reference: str = "DSR-2222-3333"
    subject_id = UUID(int=7)
    channel: str = "account"
    received_at = NOON
    verified_at = None
    approved_at = NOON
    first_reply_due_at = NOON + timedelta(days=5)
    due_at = NOON + timedelta(days=30)


def wish(number: int = 0) -> Wish:
    return Wish(UUID(int=number) if number else uuid4())


def on_record() -> list[ledger.Erasure]:
    return [ledger.Erasure.of(line) for line in ledger.erasures()]


def lines() -> list[ledger.Line]:
    return list(ledger.verified())


def test_an_erasure_is_told_so_that_it_can_be_repeated():
    asked, family = wish(1), [UUID(int=7), UUID(int=8)]
    assert ledger.write_erasure(asked, family, at=LATER)
    [told] = on_record()
    assert (told.request, told.reference, told.subject) == (asked.id, asked.reference, asked.subject_id)
    assert (told.family, told.channel, told.at) == (family, "account", LATER)
    assert (told.received_at, told.verified_at, told.approved_at) == (NOON, None, NOON)
    assert (told.first_reply_due_at, told.due_at) == (asked.first_reply_due_at, asked.due_at)


def test_each_line_has_its_number_and_names_the_one_before_it():
    for number in range(1, 6):
        ledger.write_erasure(wish(number), [UUID(int=number)], at=NOON)
    found = lines()
    assert [line.no for line in found] == [1, 2, 3, 4, 5]
    assert found[0].prev == ledger.BEFORE_THE_FIRST
    assert all(after.prev == before.hash for before, after in pairwise(found))


def test_a_request_is_noted_once_however_often_it_resumes():
    assert ledger.write_erasure(wish(1), [UUID(int=7)], at=NOON)
    assert ledger.write_erasure(wish(2), [UUID(int=8)], at=NOON)
    assert not ledger.write_erasure(wish(1), [UUID(int=7)], at=LATER)
    assert [told.request for told in on_record()] == [UUID(int=1), UUID(int=2)]


def test_only_the_owner_may_read_it():
    ledger.write_head(1, "ab", at=NOON)
    assert shop.LOUPE_LEDGER.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lost", [1, 2, 40, 10_000], ids=["the line's end", "a brace", "the middle", "all of it"])
def test_a_line_torn_by_a_crash_is_passed_over_and_the_chain_goes_on(lost):
    ledger.write_erasure(wish(1), [UUID(int=1)], at=NOON)
    whole = shop.LOUPE_LEDGER.read_bytes()
    ledger.write_erasure(wish(2), [UUID(int=2)], at=NOON)
    both = shop.LOUPE_LEDGER.read_bytes()
    shop.LOUPE_LEDGER.write_bytes(both[: max(len(both) - lost, len(whole))])
    assert [told.request for told in on_record()] == [UUID(int=1)]

    is_news = ledger.write_erasure(wish(2), [UUID(int=2)], at=LATER)

    assert is_news == (lost > 1)  # what lacked only its end was whole, and stands
    assert [told.request for told in on_record()] == [UUID(int=1), UUID(int=2)]
    ledger.write_erasure(wish(3), [UUID(int=3)], at=LATER)
    assert [line.no for line in lines()] == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda told: [told[0].replace("DSR-2222-3333", "DSR-9999-9999"), *told[1:]],
        lambda told: [told[0], told[2]],
        lambda told: told[1:],
        lambda told: [told[1], told[0], told[2]],
        lambda told: [told[0], "nonsense", told[2]],
        lambda told: [told[0], told[0], *told[1:]],
    ],
    ids=["changed", "middle removed", "first removed", "moved", "made unreadable", "repeated"],
)
def test_a_ledger_that_was_changed_is_broken(change):
    for number in (1, 2, 3):
        ledger.write_erasure(wish(number), [UUID(int=number)], at=NOON)
    assert len(lines()) == 3
    told = shop.LOUPE_LEDGER.read_text().splitlines()
    shop.LOUPE_LEDGER.write_text("\n".join(change(told)) + "\n")
    with pytest.raises(ledger.Broken):
        lines()


def test_a_reader_goes_on_where_it_stopped_and_starts_again_on_another_file():
    reader = ledger.Reader(ledger.Kind.ERASURE)
    assert list(reader.more()) == []
    ledger.write_erasure(wish(1), [UUID(int=1)], at=NOON)
    ledger.write_head(1, "ab", at=NOON)
    assert [line.no for line in reader.more()] == [1]
    assert list(reader.more()) == []
    ledger.write_erasure(wish(2), [UUID(int=2)], at=NOON)
    assert [line.no for line in reader.more()] == [3]
    assert not reader.is_another_file()
    ledger.archive(at=LATER)
    assert reader.is_another_file()


def test_the_last_head_is_found_behind_other_lines():
    assert ledger.last_head() is None
    ledger.write_head(1, "ab", at=NOON)
    ledger.write_head(2, "cd", at=NOON)
    ledger.write_erasure(wish(1), [UUID(int=1)], at=NOON)
    assert ledger.last_head() == (2, "cd")
    assert not ledger.write_head(2, "cd", at=LATER)


def test_an_archived_ledger_keeps_its_lines_and_the_new_one_names_it():
    ledger.write_erasure(wish(1), [UUID(int=1)], at=NOON)
    [old] = lines()
    aside = ledger.archive(at=LATER)
    assert aside.read_bytes().count(b"\n") == 1
    [opened] = lines()
    assert (opened.no, opened.kind) == (1, "shop")
    assert opened.body == {"event": "opened", "archive": aside.name, "lines": 1, "hash": old.hash}


@pytest.mark.race
def test_many_processes_write_at_once_and_every_line_is_whole(tmp_path):
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": str(shop.BASE_DIR)}
    names = ["aa", "bb", "cc", "dd"]
    subprocess.run(
        [sys.executable, str(script), NOON.isoformat(), " ".join(names), "25"], env=environment, timeout=60, check=True
    )
    found = lines()
    assert [line.no for line in found] == list(range(1, 101))
    written = sorted((line.body["hash"], line.body["batch"]) for line in found)
    assert written == [(name, number) for name in names for number in range(25)]


# Beside a real erasure


@pytest.fixture
def approved(db, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    alice, bob = someone("alice"), someone("bob")
    return alice, bob, requests.approve(asks(alice), by="staff:3", at=NOON)


def test_an_erasure_stands_in_the_ledger_with_the_whole_family_and_no_word_of_hers(approved):
    alice, _, request = approved
    guest = subjects.new(by="system:test", at=NOON)
    subjects.identify(guest, value=alice.email, by="system:test", at=NOON)
    subjects.prove(alice.subject, value=alice.email, proof=subjects.Proof.EMAIL_CONFIRMED, by=alice.user, at=NOON)
    assert erasure.execute(request.pk, by="system:worker", at=LATER).state == State.COMPLETED
    [told] = on_record()
    assert (told.request, told.reference, told.subject) == (request.pk, request.reference, alice.subject.pk)
    assert sorted(told.family) == sorted([alice.subject.pk, guest.pk])
    text = shop.LOUPE_LEDGER.read_text()
    assert [word for word in alice.words if word in text] == []
    assert set(json.loads(text)["body"]) == {
        "request", "reference", "subject", "family", "channel",
        "received_at", "verified_at", "approved_at", "first_reply_due_at", "due_at",
    }  # fmt: skip


def test_the_line_is_there_before_the_first_row_goes(approved, monkeypatch):
    _, _, request = approved
    seen = []

    def look(step, **facts):
        seen.append(([told.request for told in on_record()], get_user_model().objects.count()))
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "carry_out", look)
    with pytest.raises(KeyboardInterrupt):
        erasure.execute(request.pk, by="system:worker", at=LATER)
    assert seen == [([request.pk], 2)]


def a_folder(path: Path) -> None:
    path.mkdir()


def a_full_disk(path: Path) -> None:
    path.symlink_to("/dev/full")


@pytest.mark.parametrize("obstacle", [a_folder, a_full_disk])
def test_where_the_ledger_cannot_be_written_nothing_is_destroyed_and_it_is_tried_again(approved, obstacle):
    alice, bob, request = approved
    before = held(alice), held(bob)
    obstacle(shop.LOUPE_LEDGER)

    assert acts.sweep(by="system:sweep", at=LATER) == 1

    request.refresh_from_db()
    assert (request.state, request.retry_at) == (State.EXECUTING, LATER + acts.RETRY_AFTER_FAILURE)
    left = held(alice)
    assert {model: left[model] for model in ("accounts.User", "accounts.Address", "privacy.Identifier")} == {
        model: before[0][model] for model in ("accounts.User", "accounts.Address", "privacy.Identifier")
    }
    assert not Certificate.objects.exists()

    shop.LOUPE_LEDGER.rmdir() if shop.LOUPE_LEDGER.is_dir() else shop.LOUPE_LEDGER.unlink()
    acts.sweep(by="system:sweep", at=LATER + timedelta(hours=1))

    assert DataRequest.objects.get(pk=request.pk).state == State.COMPLETED
    assert [told.request for told in on_record()] == [request.pk]
    assert held(bob) == before[1]
