"""The processes that `bench.messages` starts: each does one thing in the database of its environment, and ends.

DATABASE_URL=... EMAIL_PORT=... python -m bench.messages_worker prepare|fill|drain|bare|pass_time|count
"""

from __future__ import annotations

import json
import os
import smtplib
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

TEXT = "Dear Alice Abernathy,\n\nyour order LP-7F3K-92QD is on its way. You find it on your account page.\n\n" * 6
HTML = "<p>Dear Alice Abernathy,</p><p>your order LP-7F3K-92QD is on its way. You find it on your account page.</p>" * 6
PEOPLE = 500
BATCH = 1000


def main() -> None:
    """Do one thing."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    import django

    django.setup()
    VERBS[sys.argv[1]](*map(int, sys.argv[2:]))


def prepare() -> None:
    """The tables, and people who agreed to news."""
    from django.core.management import call_command

    from privacy.consent import ledger, notices
    from privacy.consent.vocabulary import Channel, Matter, Surface
    from privacy.register import subjects

    call_command("migrate", verbosity=0)
    now, notice = datetime.now(UTC), notices.current("preferences")
    for _ in range(PEOPLE):
        who = subjects.new(by="bench", at=now)
        ledger.grant(
            who,
            Matter.NEW_PIECES,
            channel=Channel.EMAIL,
            notice=notice,
            surface=Surface.PREFERENCES,
            by="bench",
            at=now,
        )


def fill(mails: int) -> None:
    """An outbox with nothing but so many mails, transactional and marketing in turns."""
    from django.db import connection

    from privacy.models import Message, Subject

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE privacy_message, privacy_disclosure CASCADE")
    people, now = list(Subject.objects.values_list("pk", flat=True)), datetime.now(UTC)
    for first in range(0, mails, BATCH):
        Message.objects.bulk_create(
            Message(
                kind=_kinds()[number % 2],
                subject_id=people[number % len(people)],
                payload={"to": f"alice{number}@example.com", "title": "On its way", "text": TEXT, "html": HTML},
                next_attempt_at=now,
                created_at=now,
            )
            for number in range(first, min(first + BATCH, mails))
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE privacy_message")


def drain() -> None:
    """Be a worker until nothing is due."""
    from privacy.messages import outbox
    from privacy.models import Message

    _kinds()
    print("begun", flush=True)
    while Message.objects.due(at := datetime.now(UTC)).exists() or Message.objects.abandoned(at).exists():
        outbox.sweep(at=at)


def bare(mails: int) -> None:
    """What somebody would write by hand: build a mail, send it, the next one, over one connection."""
    from django.conf import settings

    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as smtp:
        for number in range(mails):
            mail = EmailMessage()
            mail["Subject"], mail["From"], mail["To"] = "On its way", "shop@example.com", f"alice{number}@example.com"
            mail["Message-ID"] = f"<{uuid4()}@example.com>"
            mail.set_content(TEXT)
            mail.add_alternative(HTML, subtype="html")
            smtp.send_message(mail)


def pass_time() -> None:
    """The leases of whoever died are over."""
    from privacy.models import Message

    Message.objects.filter(state__in=["queued", "sending"]).update(next_attempt_at=datetime.now(UTC))


def count() -> None:
    """How the messages stand."""
    from privacy.models import Message

    print(json.dumps({"states": dict(Counter(Message.objects.values_list("state", flat=True)))}))


def _kinds() -> list[str]:
    from privacy.consent.vocabulary import Matter
    from privacy.messages.kinds import KINDS, Kind
    from privacy.register.vocabulary import Purpose

    names = ["bench.order", "bench.news"]
    if names[0] not in KINDS:
        Kind(names[0], purpose=Purpose.ORDER, label="Order")
        Kind(names[1], purpose=Purpose.MARKETING, label="News", matter=Matter.NEW_PIECES)
    return names


VERBS: dict[str, Callable[..., Any]] = {
    "prepare": prepare,
    "fill": fill,
    "drain": drain,
    "bare": bare,
    "pass_time": pass_time,
    "count": count,
}


if __name__ == "__main__":
    main()
