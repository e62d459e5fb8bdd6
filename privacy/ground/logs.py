"""Structured logs of references and ids: what looks like a person's address or number never reaches a log line."""

import ipaddress
import logging
import re
from collections.abc import Callable
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter


def _address(found: re.Match[str]) -> str:
    """The word for an IPv6 address; what only looks like one, such as a time of day, and our own loopback stay."""
    try:
        return found[0] if ipaddress.IPv6Address(found[0]).is_loopback else "[ip]"
    except ValueError:
        return found[0]


MASKS: Final[list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]]] = [
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), "[number]"),
    (re.compile(r"\+\d[\d ()-]{7,}\d"), "[phone]"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b(?<!127\.0\.0\.1)"), "[ip]"),
    (re.compile(r"(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"), _address),
    (re.compile(r"([?&](?:key|token|code|session_id)=)[^&\s\"']+"), r"\1[…]"),
]


def masked(text: str) -> str:
    """*text* without e-mail addresses, telephone and card numbers, IP addresses and link keys."""
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text


class Formatter(JsonFormatter):
    """One JSON object a line: time, level, logger, message and what `extra` added, each text masked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"asctime": "time"})

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        log_data.pop("request", None)  # Django's own records carry the request object
        return {key: masked(value) if isinstance(value, str) else value for key, value in log_data.items()}

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return masked(str(super().formatException(ei)))


def quiet(name: str) -> None:
    """Keep a chatty library to its warnings."""
    logging.getLogger(name).setLevel(logging.WARNING)
