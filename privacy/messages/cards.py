"""Card numbers that somebody mailed or texted: masked before anything is stored (PCI DSS 4.0.1, 3.3 and 3.4).

A number is taken for a card's when its length and first digits fit a card scheme and its check digit is right (ISO/IEC 7812-1,
Luhn), however its digits are set apart: by spaces, dashes, dots, or the end of a line, quoted or not. What a plus begins is a
telephone number. The last four stay, so that a person recognises their card; a security code beside it goes too.
"""

from __future__ import annotations

import re
from typing import Any, Final

SEPARATOR: Final = r"(?:[ \t\u00a0\u2000-\u200b\u202f.,\-\u2010-\u2015\u2212_/*|]{0,3}|[ \t\-]{0,3}\n[> \t\-]{0,6})"
DIGITS: Final = re.compile(rf"(?<![\d+])\d(?:{SEPARATOR}\d){{12,60}}(?!\d)")
#: First digits and length of the schemes: Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro.
SCHEMES: Final = re.compile(
    r"4\d{12}(?:\d{3}|\d{6})?|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}(?:\d{3})?|3(?:0[0-5]|[689]\d)\d{11}(?:\d{2})?|35\d{14}(?:\d{3})?|62\d{14,17}"
    r"|(?:50|5[6-9]|6[0-9])\d{11,17}"
)
SECURITY_CODE: Final = re.compile(
    r"(?i)\b(cvv2?|cvc2?|cid|csc|security code|prüfnummer|prüfziffer|cryptogramme|código de seguridad)\b(\D{0,12})\d{3,4}\b"
)
LENGTHS: Final = range(19, 12, -1)
MASK: Final = "•"


def masked(text: str) -> tuple[str, int]:
    """*text* with its card numbers masked but for their last four digits, and how many there were."""
    found = 0

    def mask_run(run: re.Match[str]) -> str:
        nonlocal found
        covered, count = _mask(run.group())
        found += count
        return covered

    text = DIGITS.sub(mask_run, text)
    if found:
        text = SECURITY_CODE.sub(lambda code: f"{code[1]}{code[2]}{MASK * 3}", text)
    return text, found


def masked_all(value: Any) -> tuple[Any, int]:
    """The same for every text in a JSON value."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        pairs = {key: masked_all(each) for key, each in value.items()}
        return {key: each for key, (each, _) in pairs.items()}, sum(count for _, count in pairs.values())
    if isinstance(value, list | tuple):
        items = [masked_all(each) for each in value]
        return [each for each, _ in items], sum(count for _, count in items)
    return value, 0


def is_card(digits: str) -> bool:
    """Whether these digits could be a card's number."""
    return bool(SCHEMES.fullmatch(digits)) and _luhn(digits)


def _mask(run: str) -> tuple[str, int]:
    """Cover every card number in a run of digits: the longest first, groups as they are set apart."""
    places = [index for index, character in enumerate(run) if character.isdecimal()]
    digits = "".join(str(int(run[index])) for index in places)
    starts = {at for at in range(len(places)) if at == 0 or places[at] != places[at - 1] + 1}
    covered, count, at = list(run), 0, 0
    while at < len(digits):
        length = next((some for some in LENGTHS if _ends_group(starts, at, some, digits)), 0) if at in starts else 0
        for index in places[at : at + length - 4] if length else ():
            covered[index] = MASK
        count += bool(length)
        at += length or 1
    return "".join(covered), count


def _ends_group(starts: set[int], at: int, length: int, digits: str) -> bool:
    end = at + length
    is_edge = end in starts or end == len(digits)
    return end <= len(digits) and is_edge and is_card(digits[at:end])


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0
