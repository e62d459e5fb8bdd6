"""The worker of the outbox killed in the worst moment: the server has the mail, and the worker does not know it yet.

Afterwards every transactional mail has arrived, some of them twice under one Message-ID, at most one for each kill; no marketing
has arrived twice, and what nobody can know waits for the staff.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from dev.mail import sink
from dev.services import PROJECT
from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.models import Disclosure, Message, Subject
from privacy.register import subjects
from tests.prove import sender
from tests.prove.test_dump_and_restore import url_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
PEOPLE = 20


class Assassin:
    """Kills the worker whenever the mail server has taken so many mails, and is just about to say so."""

    def __init__(self, kinds: dict[UUID, str], victims: list[tuple[int, str]]) -> None:
        self.kinds, self.victims = kinds, victims
        self.killed: list[UUID] = []
        self.worker = 0
        self.knows_worker = threading.Event()

    def answer(self, running: sink.Sink, number: UUID) -> bytes | None:
        """Yes; or death, at the first mail of the wanted kind after the wanted count."""
        if self.victims and len(running.delivered) >= self.victims[0][0] and self.kinds[number] == self.victims[0][1]:
            assert self.knows_worker.wait(30)
            self.knows_worker.clear()
            self.victims.pop(0)
            self.killed.append(number)
            os.kill(self.worker, signal.SIGKILL)
            return None
        return sink.yes(running, number)


@contextmanager
def worker(port: int, log: Path, program: str = "tests.prove.sender", **settings: str) -> Iterator[Any]:
    """The process that forks a worker for each life."""
    name = str(connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        "DATABASE_URL": url_of(name),
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(port),
        **settings,
    }
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", program], cwd=PROJECT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    with process:
        yield process


def filled(mails: int) -> dict[UUID, str]:
    """An outbox of so many mails, transactional and marketing in turns, to people who agreed to news."""
    sender.declare_kinds()
    now, people = datetime.now(UTC), [subjects.new(by="test", at=datetime.now(UTC)) for _ in range(PEOPLE)]
    for person in people:
        notice = notices.current("preferences")
        facts = {"channel": Channel.EMAIL, "notice": notice, "surface": Surface.PREFERENCES}
        ledger.grant(person, Matter.NEW_PIECES, **facts, by="test", at=now)
    rows = Message.objects.bulk_create(_message(number, people, now) for number in range(mails))
    return {row.pk: row.kind for row in rows}


def _message(number: int, people: list[Subject], now: datetime) -> Message:
    payload = {"to": f"alice{number}@example.com", "title": "Hello", "text": "Hello.", "html": "<p>Hello.</p>"}
    kind = (sender.ORDER, sender.NEWS)[number % 2]
    return Message(kind=kind, subject=people[number % PEOPLE], payload=payload, next_attempt_at=now, created_at=now)


def victims_of(mails: int, kills: int) -> list[tuple[int, str]]:
    """After how many mails the next one of which kind is the worker's last: orders go first, so they are killed over first."""
    orders = (kills + 1) // 2
    shares = [(sender.ORDER, 0, orders), (sender.NEWS, mails // 2, kills - orders)]
    return [(start + (n + 1) * mails // 2 // (of + 1), kind) for kind, start, of in shares for n in range(of)]


def prove(mails: int, kills: int, log: Path) -> dict[str, int]:
    kinds = filled(mails)
    killer = Assassin(kinds, victims_of(mails, kills))
    with sink.running() as server:
        server.answer, server.keeps_raw = killer.answer, False
        with worker(server.port, log) as process:
            for turn in range(kills + 1):
                # The leases of whoever died are over.
                Message.objects.filter(state__in=["queued", "sending"]).update(next_attempt_at=datetime.now(UTC))
                process.stdin.write("live\n")
                process.stdin.flush()
                killer.worker = int(process.stdout.readline() or pytest.fail(log.read_text()[-2000:]))
                killer.knows_worker.set()
                ended = int(process.stdout.readline())
                assert ended == (-signal.SIGKILL if turn < kills else 0), log.read_text()[-2000:]
    arrived = Counter(server.delivered)
    orders, news = ({number for number, kind in kinds.items() if kind == each} for each in (sender.ORDER, sender.NEWS))
    states = dict(Message.objects.values_list("pk", "state"))
    unknown = {number for number, state in states.items() if state == "unknown"}
    killed_orders, killed_news = orders & set(killer.killed), news & set(killer.killed)
    assert {state for number, state in states.items() if number not in unknown} == {"sent"}
    assert unknown == killed_news, "what waits for the staff is what the worker died over"
    assert {number for number, times in arrived.items() if times > 1} == killed_orders
    assert max(arrived.values(), default=0) <= 2
    disclosed = Counter(UUID(row) for row in Disclosure.objects.values_list("reference", flat=True))
    assert disclosed == arrived, "each time something was given away, a row says so"
    return {
        "mails": mails,
        "kills": len(killer.killed),
        "transactional lost": len(orders - set(arrived)),
        "transactional doubled": sum(arrived[number] - 1 for number in orders & set(arrived)),
        "marketing lost": len(news - set(arrived)),
        "marketing doubled": sum(arrived[number] - 1 for number in news & set(arrived)),
        "perhaps sent": len(unknown),
    }


def as_promised(figures: dict[str, int]) -> None:
    assert figures["transactional lost"] == figures["marketing lost"] == figures["marketing doubled"] == 0
    assert 0 < figures["transactional doubled"] <= figures["kills"]
    assert figures["transactional doubled"] + figures["perhaps sent"] == figures["kills"]


@pytest.mark.slow
def test_a_worker_killed_twice_over_forty_mails_loses_nothing(tmp_path: Path) -> None:
    figures = prove(40, 2, tmp_path / "worker.log")
    as_promised(figures)
    assert (figures["kills"], figures["perhaps sent"]) == (2, 1)


@pytest.mark.prove
def test_a_worker_killed_five_times_over_ten_thousand_mails(tmp_path: Path, record_property: Any) -> None:
    """A worker killed (SIGKILL) five times over 10,000 mails, each time before it heard of one: none lost, no news twice."""
    figures = prove(10_000, 5, tmp_path / "worker.log")
    for name, figure in figures.items():
        record_property(name, figure)
    as_promised(figures)
    assert figures["kills"] == 5
