"""Mails that a machine wrote, and mails that go round in circles: nobody acts on them, nothing answers them (RFC 3834).

Two grades. *Automatic*: no person wrote this to us; it is noted and left alone. *Not to be answered*: a person may have written it,
but an answer by a machine would go to a list, to another machine, or to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from privacy.messages.letters import Letter

MACHINES: Final = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|listserv|majordomo)([+.=-].*)?"
)
LISTS: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
SUBJECTS: Final = re.compile(
    r"(automatic reply|auto[- ]?reply|autoreply|out of (the )?office|undeliverable|undelivered mail|delivery status notification|"
    r"mail delivery (failed|failure|subsystem)|returned mail|failure notice|read: |gelesen: |automatische antwort|"
    r"abwesenheitsnotiz|réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|自动回复|自動回覆)",
    re.IGNORECASE,
)
REPORTS: Final = re.compile(r"\s*multipart/report\b", re.IGNORECASE)


def why_ignored(letter: Letter, *, ours: Collection[str] = (), our_addresses: Collection[str] = ()) -> str:
    """Why no person is behind this mail, or an empty text. *ours*: domains whose Message-IDs we write."""
    for words, holds in RULES.items():
        if holds(letter):
            return words
    if letter.sender in our_addresses:
        return "our own address"
    if letter.message_id.strip("<>").rpartition("@")[2].lower() in ours and _is_row_number(letter.message_id):
        return "our own mail came back"
    return ""


def is_not_to_be_answered(letter: Letter) -> bool:
    """Whether its sender's program asks that no machine answers, or an answer could not arrive."""
    asked = {word.strip().lower() for word in letter.first("X-Auto-Response-Suppress").split(",")}
    return not letter.sender or bool(asked & {"all", "autoreply", "oof"})


def _auto_submitted(letter: Letter) -> bool:
    given = letter.first("Auto-Submitted").partition(";")[0].strip().lower()
    return given not in ("", "no")


def _is_row_number(message_id: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", message_id.strip("<>").partition("@")[0]))


RULES: Final[dict[str, Callable[[Letter], bool]]] = {
    "Auto-Submitted": _auto_submitted,
    "Precedence": lambda letter: letter.first("Precedence").strip().lower() in LISTS,
    "a mailing list": lambda letter: bool(letter.every("List-Id") or letter.every("List-Post")),
    "an automatic reply": lambda letter: any(
        letter.every(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply")
    ),
    "no return path": lambda letter: letter.first("Return-Path").replace(" ", "") == "<>",
    "a report": lambda letter: bool(REPORTS.match(letter.first("Content-Type"))),
    "a machine's address": lambda letter: bool(MACHINES.fullmatch(letter.sender.partition("@")[0])),
    "a machine's subject": lambda letter: bool(SUBJECTS.match(letter.subject)),
}
"""What says that a machine wrote it: the words for the record, and the sign."""
