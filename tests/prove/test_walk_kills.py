"""Workers of newsletters and announcements killed (SIGKILL) in the middle: of gathering, of a page, of a print list, of a mail.

A newsletter is marketing: nobody gets it twice by any way, and what nobody can know waits for the staff. An announcement has to
arrive: nobody is left out, and what the mail server had taken when the worker died arrives once more under its own number.
"""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from dev.mail import sink
from privacy.consent.vocabulary import Channel
from privacy.messages import announcements, campaigns
from privacy.models import AnnouncementDelivery, Campaign, Disclosure, ListedLetter, Message
from privacy.register import policy_versions
from privacy.tests.people import someone
from privacy.tests.subscribers import agrees, draft, reader
from privacy.tests.test_announcements import order
from privacy.tests.test_policy_versions import document
from tests.prove.test_outbox_kills import Assassin, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.prove]

ANY: Final = "any"
MESSAGES, LETTERS, DELIVERIES = "privacy_message", "privacy_listedletter", "privacy_announcementdelivery"


def killed_and_followed(
    at_inserts: list[str], at_mails: list[int], log: Path, **settings: str
) -> tuple[Any, list[UUID]]:
    """Let one life after the other die: at an INSERT, then at a mail that the server has just taken; let the last one live.

    Returns the mail server, and the mails over which somebody died.
    """
    killer = Assassin(defaultdict(lambda: ANY), [(number, ANY) for number in at_mails])
    lives = [*at_inserts, *[""] * len(at_mails), ""]
    with sink.running() as server:
        server.answer, server.keeps_raw = killer.answer, False
        with worker(server.port, log, "tests.prove.walker", **settings) as process:
            for turn, life in enumerate(lives):
                # The leases of whoever died are over.
                left = Message.objects.filter(state__in=["queued", "sending"])
                left.update(next_attempt_at=datetime.now(UTC))
                process.stdin.write(f"{life}\n")
                process.stdin.flush()
                killer.worker = int(process.stdout.readline() or pytest.fail(log.read_text()[-2000:]))
                killer.knows_worker.set()
                ended = int(process.stdout.readline())
                assert ended == (-signal.SIGKILL if turn < len(lives) - 1 else 0), log.read_text()[-2000:]
                killer.knows_worker.clear()
    assert not killer.victims, "every death was died"
    return server, killer.killed


def test_a_newsletter_whose_worker_is_killed_eight_times_reaches_everybody_once(
    tmp_path: Path, settings: Any, record_property: Any
) -> None:
    """A newsletter to 500 by mail and 30 by letter, its worker killed (SIGKILL) 8 times: nobody is left out or gets it twice."""
    settings.LOUPE_POLICY = "jskeuc"
    now = datetime.now(UTC)
    for number in range(500):
        reader(f"r{number}@example.com", at=now)
    for number in range(30):
        agrees(someone(f"p{'x' * number}").subject, channel=Channel.POST, at=now)
    ways = {Channel.EMAIL: "", Channel.POST: "Dear reader."}
    campaign = campaigns.write(draft(), ways=ways, by="staff:3", at=now)
    campaigns.schedule(campaign, for_=now, by="staff:3", at=now)

    inserts = [f"{MESSAGES} 3", f"{MESSAGES} 225", f"{LETTERS} 7", f"{MESSAGES} 150"]
    server, killed = killed_and_followed(inserts, [230, 320, 400, 470], tmp_path / "worker.log", LOUPE_POLICY="jskeuc")

    mails = set(Message.objects.filter(channel="email").values_list("pk", flat=True))
    arrived = Counter(server.delivered)
    unknown = set(Message.objects.filter(state="unknown").values_list("pk", flat=True))
    letters = Message.objects.filter(channel="post", state="listed").values_list("pk", flat=True)
    assert (Campaign.objects.get().state, len(mails)) == ("sent", 500)
    assert set(arrived) == mails
    assert max(arrived.values()) == 1
    assert unknown == set(killed), "what waits for the staff is what the worker died over"
    assert set(letters) == set(ListedLetter.objects.values_list("pk", flat=True))
    assert ListedLetter.objects.values("subject").distinct().count() == len(letters) == 30
    assert Counter(UUID(row) for row in Disclosure.objects.values_list("reference", flat=True)) == arrived
    record_property("kills", len(inserts) + len(killed))
    record_property("mails", len(arrived))
    record_property("letters", len(letters))
    record_property("lost", len(mails - set(arrived)))
    record_property("doubled", sum(arrived.values()) - len(arrived))
    record_property("perhaps sent", len(unknown))


def test_an_announcement_whose_worker_is_killed_seven_times_leaves_nobody_out(
    tmp_path: Path, record_property: Any
) -> None:
    """An announcement to 450, its worker killed (SIGKILL) 7 times: none is left out, one mail doubled for each at most."""
    now = datetime.now(UTC)
    addresses = {order(f"guest{number}@example.com", paid_at=now).email for number in range(450)}
    publish = {"effective_on": now.date(), "by": "staff:3", "at": now}
    policy_versions.publish(document(), is_material=False, **publish)
    version = policy_versions.publish(document("Other."), is_material=True, summary="A new carrier.", **publish)
    told = announcements.of_version(version, by="staff:3", at=now)

    inserts = [f"{DELIVERIES} 2", f"{MESSAGES} 3", f"{MESSAGES} 330"]
    server, killed = killed_and_followed(inserts, [60, 160, 280, 400], tmp_path / "worker.log")

    told.refresh_from_db()
    arrived = Counter(server.delivered)
    rows = AnnouncementDelivery.objects.filter(announcement=told)
    mails = set(rows.values_list("mail_id", flat=True))
    assert (told.state, rows.filter(state="posted").count(), len(mails)) == ("done", len(addresses), len(addresses))
    assert set(Message.objects.values_list("pk", "state")) == {(number, "sent") for number in mails}
    assert set(arrived) == mails, "nobody is left out, and nobody else is told"
    assert {number for number, times in arrived.items() if times > 1} == set(killed)
    assert max(arrived.values()) == 2
    record_property("kills", len(inserts) + len(killed))
    record_property("mails", len(mails))
    record_property("lost", len(mails - set(arrived)))
    record_property("doubled", sum(arrived.values()) - len(arrived))
