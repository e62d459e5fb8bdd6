"""The SMTP side: takes every mail for anybody, keeps it, sends nothing on."""

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from dev import machine
from dev.mail.letters import Letters


class Catcher:
    """What aiosmtpd calls for each mail."""

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Keep one mail."""
        content = envelope.original_content or b""
        self.letters.keep(content, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos)
        return "250 Message accepted for delivery"


def smtp_server(letters: Letters, port: int) -> Controller:
    """An SMTP server on the loopback; `start()` and `stop()` it."""
    return Controller(Catcher(letters), hostname=machine.LOOPBACK, port=port, enable_SMTPUTF8=True)
