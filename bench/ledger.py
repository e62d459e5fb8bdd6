"""What asking the consent ledger costs, beside one indexed query by hand and beside the uncached category page.

A sender asks once for each message; pages of anonymous visitors never do (their answer is in the cookie, see `bench.consent`). CPU
time of this process and of its connection's backend, so that it holds on a busy machine. The person with one record and the one
with ten thousand take turns, in rounds, and the median round counts. All is rolled back.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.db import connection, transaction
from django.test import Client

from bench.consent import cpu, statements
from bench.privacy import meter
from privacy.consent import ledger, notices
from privacy.consent.models import ConsentRecord, ConsentState
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.register import subjects
from privacy.register.models import Subject, SubjectLink

ROUNDS: Final = 9
ASKED_A_ROUND: Final = 200
WRITTEN_A_ROUND: Final = 20
PAGES_A_ROUND: Final = 6
MANY: Final = 10_000
BY: Final = "system:bench"
NEWS: Final = (Matter.NEW_PIECES, Channel.EMAIL)
BY_HAND: Final = f"""
    SELECT is_granted FROM {ConsentState._meta.db_table}
     WHERE subject_id = %s AND matter = 'new_pieces' AND channel = 'email' AND about = ''
"""  # the name of our own table


@dataclass(frozen=True)
class Cost:
    """One kind of question: microseconds of CPU, beside the query by hand and the page."""

    what: str
    microseconds: float
    times_by_hand: float
    percent_of_page: float
    sql: int


def measure(path: str) -> list[Cost]:
    """The questions, each beside the query by hand and the page at *path* (uncached)."""
    client = Client(headers={"sec-fetch-site": "same-origin", "host": "127.0.0.1"})
    client.get(path)
    with transaction.atomic():
        asks = questions()
        burnt: dict[str, list[float]] = {what: [] for what in asks}
        pages: list[float] = []
        for _ in range(ROUNDS):
            pages.append(burn(partial(client.get, path), PAGES_A_ROUND))
            for what, ask in asks.items():
                burnt[what].append(burn(ask, WRITTEN_A_ROUND if what.startswith("writing") else ASKED_A_ROUND))
        counted = {what: statements(ask) for what, ask in asks.items()}
        transaction.set_rollback(True)
    costs = {what: statistics.median(each) for what, each in burnt.items()}
    page, hand = statistics.median(pages), costs["by hand"]
    return [
        Cost(what, round(cost, 1), round(cost / hand, 2), round(100 * cost / page, 2), counted[what])
        for what, cost in costs.items()
    ]


def burn(work: Callable[[], Any], times: int) -> float:
    """Microseconds of CPU for one of so many: of this process and of the database's backend."""
    own: list[float] = []
    database = meter.cost(lambda: own.append(cpu(work, times))).database_ms
    return own[0] + database * 1000 / times


def questions() -> dict[str, Callable[[], Any]]:
    """What is asked: somebody with one word, with ten thousand, somebody of five records; and what a word costs to write."""
    at, notice = datetime.now(UTC), notices.current("preferences")
    one, many, family = (subjects.new(by=BY, at=at) for _ in range(3))
    said = {"channel": NEWS[1], "notice": notice, "surface": Surface.PREFERENCES, "by": BY, "at": at}
    rows = [
        ConsentRecord(
            subject_id=many.pk, matter=NEWS[0], channel=NEWS[1], decision="granted", notice=notice, locale="en",
            surface="preferences", actor=BY, at=at,
        )
        for _ in range(MANY)
    ]  # fmt: skip
    ConsentRecord.objects.bulk_create(rows, batch_size=5_000)
    for _ in range(4):
        guest = subjects.new(by=BY, at=at)
        SubjectLink.objects.create(child=guest, root=family, proof="link_clicked", at=at)
    for each in (one, many, family):
        ledger.grant(each, NEWS[0], **said)  # type: ignore[arg-type]  # the same words for each
    return {
        "by hand": partial(by_hand, one),
        "one record": partial(ledger.may, one, *NEWS),
        f"{MANY:,} records": partial(ledger.may, many, *NEWS),
        "a person of five records": partial(ledger.may, family, *NEWS),
        "writing a word": partial(ledger.grant, one, NEWS[0], **said),  # type: ignore[arg-type]
        f"writing after {MANY:,}": partial(ledger.grant, many, NEWS[0], **said),  # type: ignore[arg-type]
    }


def by_hand(who: Subject) -> Any:
    """One row by its index."""
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, [str(who.pk)])
        return cursor.fetchone()


def print_costs(found: list[Cost]) -> None:
    """The report as text."""
    print(
        "\nasking the consent ledger, beside one indexed query by hand and the uncached category page (aim 3 % of it)"
    )
    for cost in found:
        print(
            f"  {cost.what:<26}{cost.microseconds:>9.1f} us of CPU{cost.times_by_hand:>7.2f} x by hand"
            f"{cost.percent_of_page:>8.2f} % of the page, {cost.sql} SQL"
        )
