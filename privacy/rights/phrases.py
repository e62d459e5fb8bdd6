"""Plain words for plans, certificates and letters: lists, sentences, days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext


def sentence(words: Iterable[str], joint: str = ", ") -> str:
    """*words* joined, with a capital and a full stop; nothing for nothing."""
    text = joint.join(words).rstrip(".")
    return f"{text[0].upper()}{text[1:]}." if text else ""


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return gettext("{others} and {last}").format(others=", ".join(words[:-1]), last=words[-1])


def together(sentences: Iterable[str]) -> str:
    """Whole sentences one after the other, each once."""
    return " ".join(dict.fromkeys(sentences))


def day(moment: datetime | None) -> str:
    """`2033-03-03`, or nothing where no end is known."""
    return "" if moment is None else moment.date().isoformat()
