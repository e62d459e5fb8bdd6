"""How long a text is, as networks count it: in parts of so many characters, each of which costs what a text costs.

*Source*: 3GPP TS 23.038, 6.2.1 (the alphabet of seven bits and its extension table), TS 23.040, 9.2.3.24.1 (joined parts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = frozenset("^{}\\[~]|€\f")
"""Each of these counts twice."""
SEVEN_BITS: Final = (160, 153)
"""Characters in a text that stands alone, and in each part of a longer one."""
UNICODE: Final = (70, 67)
"""The same as soon as one character is in neither table: counted in units of UTF-16."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is. *odd*: the characters for which all of it is counted the dear way, each once."""

    units: int
    parts: int
    odd: str = ""

    @property
    def words(self) -> str:
        """`183 characters, 2 texts`."""
        dear = f"; counted dear because of {' '.join(self.odd)}" if self.odd else ""
        return f"{self.units} characters, {self.parts} text{'' if self.parts == 1 else 's'}{dear}"


def length(text: str) -> Length:
    """How many parts *text* makes."""
    odd = "".join(dict.fromkeys(each for each in text if each not in BASIC and each not in EXTENDED))
    if odd:
        units, (alone, joined) = len(text.encode("utf-16-le")) // 2, UNICODE
    else:
        units, (alone, joined) = len(text) + sum(each in EXTENDED for each in text), SEVEN_BITS
    parts = 1 if units <= alone else -(-units // joined)
    return Length(units, parts, odd)
