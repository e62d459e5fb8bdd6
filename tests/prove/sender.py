"""A worker of the outbox that can be killed: a process that has loaded Django and forks for each life.

    DATABASE_URL=... EMAIL_PORT=... python -m tests.prove.sender    # a line on the standard input begins a life

It answers with the number of the process that lives, and with how that ended: a signal as a negative number.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import django

ORDER, NEWS = "prove.order", "prove.news"
FAILED: Final = 3


def declare_kinds() -> None:
    """The two kinds of mail that are sent here, once in a process."""
    from privacy.consent.vocabulary import Matter
    from privacy.messages.kinds import KINDS, Kind
    from privacy.register.vocabulary import Purpose

    if ORDER not in KINDS:
        Kind(ORDER, purpose=Purpose.ORDER, label="Order")
        Kind(NEWS, purpose=Purpose.MARKETING, label="News", matter=Matter.NEW_PIECES)


def drain() -> None:
    """Send until nothing is due."""
    from privacy.messages import outbox
    from privacy.models import Message

    while Message.objects.due(at := datetime.now(UTC)).exists() or Message.objects.abandoned(at).exists():
        outbox.sweep(at=at)


def live(work: Callable[[], None] = drain) -> int:
    """One life in a process of its own; returns how it ended."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 - nothing may run on in the copy
            print(type(problem).__name__, problem, file=sys.stderr, flush=True)
            os._exit(FAILED)
        os._exit(0)
    print(child, flush=True)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """A life for each line."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    django.setup()
    declare_kinds()
    for _ in sys.stdin:
        print(live(), flush=True)


if __name__ == "__main__":
    main()
