"""The desk with 100 requests and with 100,000: how many statements each page makes, and how long it takes.

    make bench-desk
    python -m bench.desk --large 100000 --rounds 40

In the demo's own database, in one transaction that is taken back at the end, so that nothing stays. A member of the privacy desk
asks for each page in turn, in this process; the first rounds are left out. What counts is that no page makes more statements among
many requests than among few, and its p95 beside the same page among few (aim 1.5).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dev import services

SMALL: Final = 100
WARM_UP: Final = 3
SEED: Final = 1798
#: One in five is still open, as on a desk that answers in a month and keeps its record for a few.
STATES: Final = (
    ("received", 4),
    ("verified", 10),
    ("approved", 4),
    ("partly_done", 2),
    ("completed", 70),
    ("refused", 10),
)
DERIVATION: Final = [
    {
        "clock": "first reply",
        "source": "policy",
        "at": "",
        "rule": "2 days",
        "words": "Received; two days.",
        "governs": True,
    },
    {
        "clock": "completion",
        "source": "policy",
        "at": "",
        "rule": "30 days",
        "words": "Received; thirty days.",
        "governs": True,
    },
    {
        "clock": "completion",
        "source": "GDPR",
        "at": "",
        "rule": "1 month",
        "words": "Received; a month.",
        "governs": False,
    },
]


@dataclass(frozen=True)
class Sample:
    """One page at one size."""

    statements: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Row:
    """One page at both sizes."""

    page: str
    few: Sample
    many: Sample

    @property
    def ratio(self) -> float:
        """What many requests cost a page, at its p95."""
        return round(self.many.p95_ms / self.few.p95_ms, 2)


def main() -> None:
    """Fill, measure, fill more, measure again, take everything back."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.desk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=100_000, help="requests in the large run (default 100000)")
    parser.add_argument("--rounds", type=int, default=40, help="times that each page is asked for (default 40)")
    parser.add_argument("--json", type=Path, help="where to write the figures (default LOUPE_HOME/bench-desk.json)")
    chosen = parser.parse_args()
    services.ensure()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django

    django.setup()
    rows = measure(max(SMALL + 1, chosen.large), rounds=max(5, chosen.rounds))
    print_rows(rows, chosen.large)
    file = chosen.json or services.data_home() / "bench-desk.json"
    file.write_text(json.dumps([{**asdict(row), "ratio": row.ratio} for row in rows], indent=1))
    print(f"\nFigures as JSON: {file}")


def measure(large: int, *, rounds: int) -> list[Row]:
    """Each page among few and among many."""
    from django.db import transaction

    with transaction.atomic():
        client, paths = staff(), fill(SMALL, already=0)
        few = sampled(client, paths, rounds)
        fill(large - SMALL, already=SMALL)
        many = sampled(client, paths, rounds)
        transaction.set_rollback(True)
    return [Row(page, few[page], many[page]) for page in few]


def staff() -> Any:
    """Somebody of the privacy desk, signed in."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.test import Client
    from django.utils import timezone

    at: Any = timezone.now()
    user = get_user_model()._default_manager.create_user(
        "bench-desk@example.com", "bench-desk-opal-7", "Bench", at=at, is_staff=True
    )
    user.groups.add(Group.objects.get(name="privacy desk"))
    client = Client(headers={"sec-fetch-site": "same-origin", "host": "127.0.0.1"})
    client.force_login(user)
    return client


def fill(count: int, *, already: int) -> dict[str, str]:
    """So many more requests, each of its own person; returns the pages to ask for."""
    from django.db import connection
    from django.utils import timezone

    from privacy.models import Subject
    from privacy.rights.models import DataRequest, ErasureStep

    at = timezone.now()
    chance = random.Random(SEED + already)
    people = Subject.objects.bulk_create((Subject(created_at=at) for _ in range(count)), batch_size=2_000)
    made = DataRequest.objects.bulk_create(
        (_asked(number, person, chance, at) for number, person in enumerate(people, already)), batch_size=1_000
    )
    stuck = [request for request in made if request.state == "partly_done"]
    ErasureStep.objects.bulk_create((step for request in stuck for step in _steps(request)), batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE privacy_datarequest, privacy_erasurestep, privacy_subject")
    one = f"/admin/privacy/datarequest/{stuck[0].pk}/" if stuck else ""
    queue = "/admin/privacy/datarequest/"
    return {
        "start page": "/admin/",
        "queue": queue,
        "queue, overdue": f"{queue}?due=late",
        "queue, page 2": f"{queue}?p=2",
        "queue, everything": f"{queue}?standing=all",
        "queue, one kind": f"{queue}?kind__exact=erasure",
        "queue, by reference": f"{queue}?q={made[0].reference}",
        "one request": f"{one}change/",
        "refuse it": f"{queue}{_first(made, 'verified')}/refuse/",
    }


def _first(made: list[Any], state: str) -> str:
    return next(str(request.pk) for request in made if request.state == state)


def _asked(number: int, person: Any, chance: random.Random, at: datetime) -> Any:
    """A request as the verbs leave it, without its mails."""
    from privacy.rights.models import DataRequest, Kind

    names, weights = zip(*STATES, strict=True)
    state = names[number % len(names)] if number < len(names) else chance.choices(names, weights)[0]
    is_open = state in ("received", "verified", "approved", "partly_done")
    received = at - timedelta(hours=chance.randrange(1, 24 * (32 if is_open else 900)))
    kind = Kind.ERASURE if state in ("approved", "partly_done") else chance.choice(list(Kind))
    ended = min(at, received + timedelta(hours=chance.randrange(4, 24 * 33)))
    by_state: dict[str, dict[str, Any]] = {
        "approved": {"approved_at": at, "approved_by": "staff:1", "execute_after": at + timedelta(days=2)},
        "partly_done": {"approved_at": at, "approved_by": "staff:1", "execute_after": at},
        "completed": {"completed_at": ended},
        "refused": {"refused_at": ended, "refused_by": "staff:1", "refusal_reason": "A ground."},
    }
    return DataRequest(
        reference=f"DSR-B{number:07}",
        subject=person,
        kind=kind,
        channel="account",
        state=state,
        contact=None,
        received_at=received,
        verified_at=None if state == "received" else received,
        first_reply_due_at=received + timedelta(days=2),
        first_replied_at=received + timedelta(days=1) if chance.random() < 0.8 else None,
        due_at=received + timedelta(days=30),
        derivation=DERIVATION,
        **by_state.get(state, {}),
    )


def _steps(request: Any) -> Iterator[Any]:
    """A plan of sixty places, one of them blocked."""
    from privacy.rights.models import ErasureStep

    for position in range(60):
        is_blocked = position == 40
        yield ErasureStep(
            request=request,
            position=position,
            target=f"bench.Place{position}",
            label=f"Place {position}",
            goes="everything" if position % 3 else "the name",
            stays="" if position % 3 else "the sum",
            why="" if position % 3 else "tax law",
            planned=1 + position % 4,
            affected=0 if is_blocked else 1 + position % 4,
            state="blocked" if is_blocked else "done",
            blocker="A parcel is on its way." if is_blocked else "",
            finished_at=None if is_blocked else request.received_at,
        )


def sampled(client: Any, paths: dict[str, str], rounds: int) -> dict[str, Sample]:
    """Ask for the pages in turn, round by round; then once more, counting statements."""
    times: dict[str, list[float]] = {page: [] for page in paths}
    for number in range(rounds + WARM_UP):
        for page, path in paths.items():
            started = time.perf_counter()
            answer = client.get(path)
            took = (time.perf_counter() - started) * 1000
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            if number >= WARM_UP:
                times[page].append(took)
    return {
        page: Sample(
            statements(client, path),
            round(statistics.median(times[page]), 1),
            round(statistics.quantiles(times[page], n=20, method="inclusive")[-1], 1),
        )
        for page, path in paths.items()
    }


def statements(client: Any, path: str) -> int:
    """How many SQL statements one page makes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


def print_rows(rows: list[Row], large: int) -> None:
    """The report as text."""
    print(f"\nthe desk among {SMALL} requests and among {large:,}: statements, and milliseconds (p50, p95; aim 1.5)")
    print(f"  {'page':<22}{'SQL':>9}{'p50':>16}{'p95':>18}{'ratio':>8}")
    for row in rows:
        few, many = row.few, row.many
        print(
            f"  {row.page:<22}{few.statements:>4} {many.statements:>4}{few.p50_ms:>9.1f} {many.p50_ms:>6.1f}"
            f"{few.p95_ms:>10.1f} {many.p95_ms:>6.1f}{row.ratio:>9.2f}"
        )


if __name__ == "__main__":
    main()
