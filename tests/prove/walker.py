"""A worker of newsletters and announcements that can be killed: a process that has loaded Django and forks for each life.

    DATABASE_URL=... EMAIL_PORT=... python -m tests.prove.walker    # a line on the standard input begins a life

The line says in which table the life ends, and at its how manieth INSERT there (`privacy_message 250`); an empty one lets it live.
It answers as `sender` does. The death is SIGKILL in the middle of the transaction that the statement belongs to.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import django

from tests.prove import sender

PATIENCE: Final = 240.0
"""Seconds: a life that has not come to the end of its work by then says so."""


class Mortality:
    """Ends this process behind the so manieth INSERT into one table."""

    def __init__(self, table: str, number: int) -> None:
        self.begins, self.left = f'INSERT INTO "{table}"', number

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        outcome = execute(sql, params, many, context)
        if str(sql).startswith(self.begins):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return outcome


def work(line: str) -> None:
    """Go round as the workers of the shop do, until nothing is left to do."""
    from django.db import connection

    from privacy.messages import announcements, campaigns, outbox

    if line:
        table, number = line.split()
        connection.execute_wrappers.append(Mortality(table, int(number)))
    ends = time.monotonic() + PATIENCE
    while _is_something_left():
        at = datetime.now(UTC)
        moved = campaigns.sweep(by="system:worker", at=at) + announcements.sweep(at=at) + outbox.sweep(at=at)
        if time.monotonic() > ends:
            raise TimeoutError("there was no end to it")
        if not moved:
            time.sleep(0.02)  # the connection of whoever died is still being cleared away


def _is_something_left() -> bool:
    from privacy.models import Announcement, Campaign, Message

    return (
        Campaign.objects.filter(state__in=["scheduled", "sending"]).exists()
        or Announcement.objects.filter(state__in=["gathering", "posting"]).exists()
        or Message.objects.filter(state__in=["queued", "sending"]).exists()
    )


def main() -> None:
    """A life for each line."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    django.setup()
    for line in sys.stdin:
        print(sender.live(partial(work, line.strip())), flush=True)


if __name__ == "__main__":
    main()
