"""A pytest plugin that starts the test database and broker, and gives each worker a Redis database of its own.

Loaded with `-p` in `pytest.ini`, before pytest-django reads the settings. Tests have a cluster of their own below the
data folder, tuned for speed. With pytest-xdist the controller starts it; the workers inherit the addresses. An address
that the environment names already is used as it is, apart from the number of the Redis database.
"""

import os
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from dev import services
from dev.errors import Unavailable


def worker_number() -> int:
    """0 for a run in one process and for the controller, 1 and up for the workers gw0, gw1..."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return int(worker.removeprefix("gw")) + 1 if worker else 0


def with_database(redis_url: str, number: int) -> str:
    """The same Redis, another of its databases."""
    return urlunsplit(urlsplit(redis_url)._replace(path=f"/{number}"))


def _start() -> None:
    brings_own_redis = bool(os.environ.get("REDIS_URL"))
    try:
        found = services.ensure(services.data_home() / "test", durable=False)
    except Unavailable as error:
        raise pytest.UsageError(str(error)) from error
    if not brings_own_redis:
        with redis.Redis.from_url(found.redis_url) as client:
            client.flushall()
    if number := worker_number():
        os.environ["REDIS_URL"] = with_database(found.redis_url, number)


_start()
