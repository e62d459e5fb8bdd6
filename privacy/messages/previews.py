"""What each kind of mail looks like, shown on invented people: written by the very verb that writes the real one.

A preview makes one invented customer, lets the app's verb post the mail, reads it, and takes everything back: nothing is kept and
nothing is sent. Each app says in its `previews.py` which verb writes which kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from privacy.consent.preference_models import Preference
from privacy.ground import tongue
from privacy.messages.kinds import KINDS, Kind
from privacy.messages.models import Message
from privacy.register import synthetic
from privacy.register.synthetic import Sketch

BY: Final = "system:preview"
SEED: Final = 7
PERSON: Final = 987_654_321  # a number no invented customer of a load test has
DARK: Final = "@media (prefers-color-scheme: dark)"

Writes = Callable[[Sketch, datetime], object]
_WRITES: Final[dict[str, Writes]] = {}


class Look(StrEnum):
    """The two ways a reader's program may show a mail."""

    LIGHT = "light"
    DARK = "dark"


class NoPreview(Exception):
    """No app says how this kind is written."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it would leave."""

    kind: Kind
    to: str
    title: str
    text: str
    html: str

    def as_seen(self, look: Look) -> str:
        """The HTML as a program in that look shows it, whatever look this browser has."""
        rules = "@media all" if look is Look.DARK else "@media not all"
        return self.html.replace(DARK, rules)


def shows(kind: Kind) -> Callable[[Writes], Writes]:
    """Say how a mail of this kind is written: the function posts one for the invented customer."""

    def enter(function: Writes) -> Writes:
        _WRITES[kind.name] = function
        return function

    return enter


def kinds() -> list[Kind]:
    """Every kind that can be shown, by name."""
    autodiscover_modules("previews")
    return [KINDS[name] for name in sorted(_WRITES)]


def letter(name: str, *, language: str = "", at: datetime) -> Letter:
    """The mail of that kind, written to an invented customer. Writes nothing that stays. *Raises* `NoPreview`."""
    return letters([name], language=language, at=at)[0]


def letters(names: list[str], *, language: str = "", at: datetime) -> list[Letter]:
    """The same for several kinds, to the same customer, who chose that *language*."""
    shown = {kind.name: kind for kind in kinds()}
    if unknown := [name for name in names if name not in shown]:
        raise NoPreview(unknown[0])
    spoken = tongue.known(language)
    with transaction.atomic():
        sketch = synthetic.one(PERSON, seed=SEED, at=at)
        Preference.objects.filter(subject=sketch.rows["privacy.Subject"]).update(language=spoken, changed_at=at)
        written = [_written(shown[name], sketch, spoken, at) for name in names]
        transaction.set_rollback(True)
    return written


def _written(kind: Kind, sketch: Sketch, language: str, at: datetime) -> Letter:
    """One mail; what it does to the customer's rows is taken back, so that no other kind sees it.

    Some mails go to nobody we know, in the language that is being spoken.
    """
    with transaction.atomic():
        point = transaction.savepoint()
        with tongue.writing(language):
            _WRITES[kind.name](deepcopy(sketch), at)
        mail = Message.objects.filter(kind=kind.name, created_at=at, payload__isnull=False).latest("created_at")
        payload = mail.payload
        transaction.savepoint_rollback(point)
    return Letter(kind, payload["to"], payload["title"], payload["text"], payload["html"])


def words(html: str) -> str:
    """What is to be read of a mail's HTML, without its style and what only a preview line shows."""
    body = re.sub(r'<(style|head|title)\b.*?</\1>|<div class="preheader">.*?</div>', " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
