"""The cache: Redis, and while Redis is away a small one in each process.

Rate limits count in the cache. Without this, a Redis that is down would either let everybody try passwords without end, or,
as allauth waits for a lock it cannot get, let nobody sign in. Each process then counts for itself, which is good enough for
the minutes it takes. After a failure Redis is left alone for a moment, so that nobody waits for one time-out after another.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted

from privacy.ground import digests

LEFT_ALONE_SECONDS: Final = 5.0
DAY: Final = 86_400
MOST_ENTRIES: Final = 10_000


def key(name: str, prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION. Rate limits count by address, so the cache sees a keyed digest with a salt of the day.

    What a limit counted in the last minutes of a day (UTC) is not counted in the first ones of the next.
    """
    return f"{prefix}:{version}:{digests.of_the_day(name, day=int(time.time() // DAY))}"


def _redis_or_here(name: str) -> Callable[..., Any]:
    """The cache's method *name*: Redis's, or the process's own while Redis does not answer."""

    def method(self: "RedisOrHere", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.left_alone_until:
            try:
                return getattr(self.client, name)(*args, **kwargs)
            except ConnectionInterrupted:
                self.left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
        return getattr(self.here, name)(*args, **kwargs)

    method.__name__ = name
    return method


class RedisOrHere(RedisCache):
    """Django's cache backend (CACHES)."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        own = {"KEY_FUNCTION": params.get("KEY_FUNCTION"), "OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}}
        self.here = LocMemCache("while-redis-is-away", own)
        self.left_alone_until = 0.0

    add = _redis_or_here("add")
    get = _redis_or_here("get")
    set = _redis_or_here("set")
    delete = _redis_or_here("delete")
    touch = _redis_or_here("touch")
    has_key = _redis_or_here("has_key")
    incr = _redis_or_here("incr")
    decr = _redis_or_here("decr")
    get_many = _redis_or_here("get_many")
    set_many = _redis_or_here("set_many")
    delete_many = _redis_or_here("delete_many")
