"""Mails to the demo's shop: a question that waits, one about data that goes first, one answered, and one with a card number.

The demo's own workers act on them, so that its answers stand in the mail catcher. Safe to run again: with any mail there, nothing
is added.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from privacy.messages import inbox
from privacy.messages.arrivals import InboundMail
from privacy.register import profiles
from privacy.rights import mailroom

DESK: Final = "staff:demo"
MAILS: Final = (
    (timedelta(days=6), "lena@example.com", "Ring size", "Hello,\n\nwhich size fits a finger of 54 mm around?\n\nLena"),
    (timedelta(days=3), "otto@example.com", "Re: AW: Privacy Inquiry", "Who gets my address when you send a parcel?"),
    (timedelta(days=2), "pia@example.com", "STOP SMS", "My number is (212) 555-0147."),
    (timedelta(hours=9), "ruth@example.com", "My order", "Please charge 4111 1111 1111 1111, 12/28."),
    (timedelta(hours=2), "theo@example.com", "Data Request", "Please send me a copy of what you hold."),
)
ANSWERED: Final = "Ring size"
ANSWER: Final = "A finger of 54 mm around takes size 54, which is 7 in the United States."


def load(*, at: datetime) -> int:
    """Bring the demo's mails in. Returns how many."""
    if InboundMail.objects.exists():
        return 0
    for ago, sender, subject, text in MAILS:
        raw = _written(sender, subject, text)
        mail = inbox.keep(inbox.Arrival(raw, len(raw), InboundMail.Via.IMAP, at - ago), at=at - ago)
        if subject == ANSWERED and (waiting := mailroom.handle(mail.pk, at=at - ago)):
            mailroom.answer(waiting, text=ANSWER, by=DESK, at=at - ago + timedelta(days=1))
    return len(MAILS)


def _written(sender: str, subject: str, text: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, profiles.current().contact.email, subject
    made["Message-ID"] = f"<{subject.replace(' ', '.')}@{sender.partition('@')[2]}>"
    made.set_content(text)
    return made.as_bytes(policy=SMTP)
