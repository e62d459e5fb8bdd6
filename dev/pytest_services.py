"""A pytest plugin that starts the test database and broker, and gives each worker a Redis database of its own.

Loaded with `-p` in `pytest.ini`, before pytest-django reads the settings. Tests have a data folder of their own, `test`
in the usual one, and a cluster tuned for speed. With pytest-xdist the controller starts it, and the workers inherit its
addresses. An address that the environment names already is used as it is, apart from the number of the Redis database.
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


def start_services() -> None:
    """Start what the environment does not name, and point it at the test data folder."""
    home = services.data_home() / services.TEST
    brings_own_redis = bool(os.environ.get("REDIS_URL"))
    try:
        found = services.ensure(home, durable=False)
    except Unavailable as error:
        raise pytest.UsageError(str(error)) from error
    os.environ["LOUPE_HOME"] = str(home)
    (home / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing one, and a warning is an error
    if not brings_own_redis:
        with redis.Redis.from_url(found.redis_url) as client:
            client.flushall()


if number := worker_number():
    os.environ["REDIS_URL"] = with_database(os.environ["REDIS_URL"], number)
else:
    start_services()
