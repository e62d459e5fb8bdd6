"""Telephone numbers as people type them, kept in one spelling (E.164)."""

from __future__ import annotations

import phonenumbers


class NotANumber(Exception):
    """Nothing anybody could call."""


def in_words(number: str) -> str:
    """A kept number as people read it: `+1 212-555-0100`. What is no number comes back as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def normalise(typed: str, country: str = "US") -> str:
    """The number as `+12125550100`; *country* is assumed where no country code was typed.

    Raises `NotANumber`. Source: ITU-T E.164.
    """
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        raise NotANumber
    if not phonenumbers.is_possible_number(number):
        raise NotANumber
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
