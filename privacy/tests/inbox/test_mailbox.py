"""The mailbox, against a real IMAP server: what is written down leaves it, what is not stays, and nothing is lost."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from imap_tools import MailBoxUnencrypted

from privacy.messages import mailbox
from privacy.messages.arrivals import InboundMail, MailState
from privacy.messages.inbox import keep
from privacy.rights import mailroom
from privacy.tests.inbox.mails import arrival, mail
from privacy.tests.people import mails

pytestmark = pytest.mark.django_db

RECEIVED = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
NOW = RECEIVED + timedelta(hours=2)
USER, PASSWORD = "privacy", "a-mailbox-password"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A running IMAP server (pymap, mails in memory) on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    command = [
        sys.executable,
        "-c",
        "from pymap.main import main; main()",
        "--host",
        "127.0.0.1",
        "--port",
        str(number),
        "--no-tls",
    ]
    command += ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(number)
        yield number
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the IMAP server did not come up")


@pytest.fixture
def box(port: int, settings) -> Iterator[MailBoxUnencrypted]:
    """The mailbox as its owner sees it, empty."""
    settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_TLS = "127.0.0.1", port, False
    settings.IMAP_USER, settings.IMAP_PASSWORD = USER, PASSWORD
    with MailBoxUnencrypted("127.0.0.1", port, timeout=30).login(USER, PASSWORD) as opened:
        for folder in [each.name for each in opened.folder.list()]:
            opened.folder.set(folder)
            if uids := opened.uids():
                opened.delete(uids)
        opened.folder.set("INBOX")
        yield opened


def comes(box: MailBoxUnencrypted, raw: bytes, *, at: datetime = RECEIVED) -> None:
    box.append(raw, "INBOX", dt=at)


def lies_in(box: MailBoxUnencrypted, folder: str) -> list[str]:
    if not box.folder.exists(folder):
        return []
    box.folder.set(folder)
    return sorted(each.subject for each in box.fetch(mark_seen=False))


def test_what_is_written_down_leaves_the_inbox_and_what_is_not_stays(box):
    comes(box, mail("Ring size", "Which?", message_id="<1@x>"))
    comes(box, mail("A picture", "See the file.", files={"ring.pdf": b"%PDF"}, message_id="<2@x>"))
    comes(box, mail("Out of office", "Away", message_id="<3@x>"))
    comes(box, mail("My card", "4111 1111 1111 1111", files={"card.pdf": b"%PDF"}, message_id="<4@x>"))
    assert mailbox.collect(at=NOW) == 4
    assert lies_in(box, "INBOX") == []
    assert lies_in(box, "Loupe") == ["A picture", "Out of office"]
    rows = {row.says("subject"): row for row in InboundMail.objects.all()}
    assert rows.keys() == {"Ring size", "A picture", "", "My card"}
    assert {row.received_at for row in rows.values()} == {RECEIVED}
    assert {row.kept_at for row in rows.values()} == {NOW}
    assert mailbox.collect(at=NOW) == 0


def test_a_mail_of_thirty_megabytes_is_kept_by_its_headers_answered_and_stays_whole(box):
    line = b"x" * 76 + b"\r\n"
    raw = mail("Delete my data", "", message_id="<big@x>").rstrip() + b"\r\n\r\n" + line * (30 * 1024**2 // len(line))
    comes(box, raw)
    comes(box, mail("Ring size", "A small one behind it.", message_id="<small@x>"))
    assert mailbox.collect(at=NOW) == 2
    big = InboundMail.objects.get(route="erasure")
    assert (big.is_whole, big.is_too_large, big.sender, big.says("text")) == (False, True, "alice@example.com", "")
    mailroom.handle(big.pk, at=NOW)
    assert "30 MB" in mails("mail_too_large")[0].payload["text"]
    assert lies_in(box, "INBOX") == []
    box.folder.set("Loupe")
    (stays,) = box.fetch(mark_seen=False, headers_only=True)
    assert (stays.subject, stays.size_rfc822 > 30_000_000) == ("Delete my data", True)


def test_a_poll_that_was_interrupted_is_taken_up_again(box):
    raw = mail("Ring size", "Which?", message_id="<1@x>")
    comes(box, raw)
    box.folder.set("INBOX")
    (there,) = box.fetch(mark_seen=False)
    kept = keep(arrival(there.obj.as_bytes(), received_at=RECEIVED), at=NOW)  # and then the worker died
    assert mailbox.collect(at=NOW + timedelta(minutes=1)) == 1
    assert [row.pk for row in InboundMail.objects.all()] == [kept.pk]
    assert lies_in(box, "INBOX") == []


def test_a_mail_in_the_mailbox_goes_when_its_row_goes_and_not_before(box):
    for number, who in enumerate(("alice", "bob")):
        comes(
            box,
            mail(
                f"A picture of {who}",
                "See.",
                files={"ring.pdf": b"%PDF"},
                message_id=f"<{number}@x>",
                sender=f"{who}@example.com",
            ),
        )
    comes(box, mail("Automatic reply: hello", "Away", message_id="<3@x>"))
    mailbox.collect(at=NOW)
    assert mailbox.tidy(at=NOW) == 0
    InboundMail.objects.get(
        sender__isnull=False, letter__isnull=False, digest=_digest_of("A picture of alice")
    ).delete()
    assert mailbox.tidy(at=NOW) == 1
    assert lies_in(box, "Loupe") == ["A picture of bob", "Automatic reply: hello"]
    assert mailbox.tidy(at=NOW + timedelta(days=31)) == 1
    assert lies_in(box, "Loupe") == ["A picture of bob"]
    assert InboundMail.objects.filter(state=MailState.IGNORED).count() == 1


def _digest_of(subject: str) -> str:
    return next(row.digest for row in InboundMail.objects.all() if row.says("subject") == subject)


def test_a_mailbox_out_of_reach_is_noted_and_breaks_nothing(settings, caplog):
    assert mailbox.collect(at=NOW) == 0  # no host: nobody polls
    assert caplog.records == []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_TLS = "127.0.0.1", taken.getsockname()[1], False
        settings.IMAP_USER, settings.IMAP_PASSWORD = USER, PASSWORD
        assert mailbox.collect(at=NOW) == 0
        assert mailbox.tidy(at=NOW) == 0
    assert [record.getMessage() for record in caplog.records] == ["mailbox.unreachable", "mailbox.not_tidied"]


def test_a_wrong_password_is_noted_and_names_nothing(box, settings, caplog):
    settings.IMAP_PASSWORD = "wrong"
    comes(box, mail("Ring size"))
    assert mailbox.collect(at=NOW) == 0
    assert [(record.getMessage(), record.error) for record in caplog.records] == [
        ("mailbox.unreachable", "MailboxLoginError")
    ]
    assert lies_in(box, "INBOX") == ["Ring size"]
