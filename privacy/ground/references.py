"""Public references such as `LP-7F3K-92QD`: random, easy to read out, never a counter."""

import re
import secrets
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O: nobody mistakes them on the telephone
PATTERN: Final = re.compile(rf"^[A-Z]{{2,3}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}$")


def new(prefix: str) -> str:
    """A fresh reference: *prefix*, then 40 random bits. The column that keeps it is unique."""
    first, second = ("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(2))
    return f"{prefix}-{first}-{second}"


def is_reference(text: str) -> bool:
    """Whether *text* has the shape of a reference."""
    return bool(PATTERN.match(text))
