"""What needs only one town: dropping a month beside deleting it, the sweep beside a dump and grep, the middleware of privacy.

DATABASE_URL=... LOUPE_HOME=... python -m bench.privacy.alone month|sweep|middleware
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.privacy import meter

ROWS = 1_000_000
REQUESTS, ROUNDS = 60, 8


def main() -> None:
    """Measure one thing, print one line of JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    print(json.dumps({"month": month, "sweep": sweep, "middleware": middleware}[sys.argv[1]]()))


def month() -> dict[str, Any]:
    """A million looks: their month dropped by the partition, and the same rows deleted one by one."""
    from django.db import connection
    from django.db.models import Q

    from privacy.register import registry
    from privacy.rights import partitions
    from shop.models.activity import Activity

    looks = registry.of("shop.Activity")
    with connection.cursor() as cursor:
        for name, starts in (("dropped", "2023-05"), ("deleted", "2023-06")):
            end = f"2023-{int(starts[-2:]) + 1:02}"
            cursor.execute(f"DROP TABLE IF EXISTS shop_activity_bench_{name}")
            cursor.execute(
                f"CREATE TABLE shop_activity_bench_{name} PARTITION OF shop_activity "
                f"FOR VALUES FROM ('{starts}-01 00:00+00') TO ('{end}-01 00:00+00')"
            )
            cursor.execute(
                "INSERT INTO shop_activity (subject_id, kind, object_ref, at) "
                "SELECT md5('gone ' || n)::uuid, 'viewed', 'product/necklace-' || n %% 60, "
                f"timestamptz '{starts}-02 00:00+00' + (n %% 20) * interval '1 day' FROM generate_series(1, %s) n",
                [ROWS],
            )
        cursor.execute("VACUUM ANALYZE shop_activity")
    june = datetime(2023, 6, 1, tzinfo=UTC)
    deleted = meter.cost(lambda: Activity.objects.filter(at__gte=june, at__lt=june + timedelta(days=30)).delete())
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shop_activity_bench_deleted")
    gone: list[Any] = []
    dropped = meter.cost(
        lambda: gone.extend(partitions.drop(looks, held=Q(pk__in=[]), at=datetime(2025, 6, 15, tzinfo=UTC)))
    )
    if [each.rows for each in gone if not each.held_because][:1] != [ROWS]:
        raise SystemExit(f"The month was not dropped: {gone}")
    return {"rows": ROWS, "dropped_ms": dropped.wall_ms, "deleted_ms": deleted.wall_ms}


def sweep() -> dict[str, Any]:
    """The whole database once for everybody erased since the last sweep, beside pg_dump piped into grep for one value."""
    from django.db import connection
    from django.utils import timezone

    from dev.postgres import client_tool
    from privacy.proof import sweep as room

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    began = time.perf_counter()
    dump = subprocess.Popen([client_tool("pg_dump"), os.environ["DATABASE_URL"]], stdout=subprocess.PIPE)
    grep = subprocess.run(
        ["grep", "-c", "-F", "canary@bench.example"], stdin=dump.stdout, capture_output=True, check=False
    )
    dump.wait()
    by_grep = time.perf_counter() - began
    began = time.perf_counter()
    found = room.run(by="system:bench", at=timezone.now())
    by_sweep = time.perf_counter() - began
    return {
        "database_mb": size / 1e6,
        "grep_hits": int(grep.stdout or 0),
        "grep_s": by_grep,
        "sweep_s": by_sweep,
        "sweep": {name: str(value) for name, value in vars(found).items() if not name.startswith("_")},
    }


def middleware() -> dict[str, Any]:
    """An anonymous category page past the page cache, with privacy's middleware and without: CPU of this process per request."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import override_settings

    mine = [name for name in settings.MIDDLEWARE if name.startswith("privacy.")]
    others = [name for name in settings.MIDDLEWARE if name not in mine]
    whole, bare = settings.MIDDLEWARE, others
    costs: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(ROUNDS + 1):
        for side, stack in (("with", whole), ("without", bare)):
            with override_settings(MIDDLEWARE=stack):
                costs[side].append(_cpu_ms(Client(headers={"host": "127.0.0.1"})))
    spent = {side: statistics.median(each[1:]) for side, each in costs.items()}
    return {"middleware": mine, **{f"{side}_ms": value for side, value in spent.items()}}


def _cpu_ms(client: Any) -> float:
    def page() -> None:
        assert client.get("/category/necklaces/?uncached=1").status_code == 200

    page()
    return _process_ms(lambda: [page() for _ in range(REQUESTS)]) / REQUESTS


def _process_ms(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main()
