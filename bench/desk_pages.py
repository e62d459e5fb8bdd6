"""One database of requests at the desk, and its pages asked for again and again: what `bench.desk` starts twice.

DATABASE_URL=... LOUPE_HOME=... python -m bench.desk_pages COUNT

Fills it once, then answers each line of its input with a line of JSON: `round` with the milliseconds of every page, `statements`
with how many SQL statements each makes.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

FEW: Final = 100
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
#: The first hundred fill each page as the many do, so that a page is compared with one of as many rows.
FIRST: Final = ("verified", "partly_done", "verified", "received", "verified", "completed", "verified", "refused")
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


def main() -> None:
    """Fill, then answer."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    answered, sys.stdout = sys.stdout, sys.stderr  # what commands say is no answer
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("ensure_roles", verbosity=0)
    client, paths = staff(), fill(int(sys.argv[1]))
    answers: dict[str, Callable[[str], float]] = {
        "round": lambda path: milliseconds(client, path),
        "statements": lambda path: statements(client, path),
    }
    print("ready", file=answered, flush=True)
    for line in sys.stdin:
        answer = answers[line.strip()]
        print(json.dumps({page: answer(path) for page, path in paths.items()}), file=answered, flush=True)


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


def fill(count: int) -> dict[str, str]:
    """So many requests, each of its own person; returns the pages to ask for."""
    from django.db import connection
    from django.utils import timezone

    from privacy.models import Subject
    from privacy.rights.models import DataRequest, ErasureStep

    at = timezone.now()
    chance = random.Random(SEED)
    people = Subject.objects.bulk_create((Subject(created_at=at) for _ in range(count)), batch_size=2_000)
    made = DataRequest.objects.bulk_create(
        (_asked(number, person, chance, at) for number, person in enumerate(people)), batch_size=1_000
    )
    stuck = [request for request in made if request.state == "partly_done"]
    ErasureStep.objects.bulk_create((step for request in stuck for step in _steps(request)), batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE privacy_datarequest, privacy_erasurestep, privacy_subject")
    queue = "/admin/privacy/datarequest/"
    one = f"{queue}{stuck[0].pk}/"
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
    state = FIRST[number % len(FIRST)] if number < FEW else chance.choices(names, weights)[0]
    is_open = state in ("received", "verified", "approved", "partly_done")
    oldest = 60 if number < FEW else 32 if is_open else 900
    received = at - timedelta(hours=chance.randrange(1, 24 * oldest))
    is_erasure = number < FEW or state in ("approved", "partly_done")
    kind = Kind.ERASURE if is_erasure else chance.choice(list(Kind))
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


def milliseconds(client: Any, path: str) -> float:
    """How long one page takes."""
    started = time.perf_counter()
    answer = client.get(path)
    took = (time.perf_counter() - started) * 1000
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return took


def statements(client: Any, path: str) -> int:
    """How many SQL statements one page makes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


if __name__ == "__main__":
    main()
