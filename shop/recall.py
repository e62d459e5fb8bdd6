"""Answers remembered in this process for as long as a page is (`PAGE_CACHE_SECONDS`), so that counts and menus are not asked
for again with every page. For reads of the shop's own catalogue only: nothing here ever knows who asks. Inside a
transaction nothing is remembered, since what one sees there may never be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.conf import settings
from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")

MOST: Final = 256
_clear: list[Callable[[], None]] = []


def recalled(read: Callable[P, R]) -> Callable[P, R]:
    """Remember what a read answered, by its (hashable, positional) arguments; the oldest answers go first."""
    answers: dict[Hashable, tuple[float, R]] = {}
    _clear.append(answers.clear)

    @wraps(read)
    def recalling(*args: P.args, **kwargs: P.kwargs) -> R:
        seconds = settings.PAGE_CACHE_SECONDS
        if not seconds or connection.in_atomic_block:
            return read(*args, **kwargs)
        now = time.monotonic()
        known = answers.get(args)
        if known is not None and known[0] > now:
            return known[1]
        answer = read(*args, **kwargs)
        answers.pop(args, None)
        while len(answers) >= MOST:
            answers.pop(next(iter(answers)), None)
        answers[args] = (now + seconds, answer)
        return answer

    return recalling


def forget() -> None:
    """Forget every answer in this process."""
    for clear in _clear:
        clear()
