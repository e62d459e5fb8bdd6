"""Readers for environment variables that end the start with one plain sentence when a value is wrong.

Only `shop.settings` uses this module; everything else reads `django.conf.settings`.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import environ

T = TypeVar("T")


def stop(name: str, expected: str) -> NoReturn:
    """End the start: *name* is the variable, *expected* completes the sentence."""
    sys.exit(f"{name} {expected}.")


def is_here(host: str) -> bool:
    """Whether *host* is this very machine: nothing, a unix socket, a loopback address."""
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Environment:
    """The process environment, read with defaults and checked on the way in."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name, "").strip() or default

    def required(self, name: str, expected: str) -> str:
        """The value, or the end of the start."""
        return self.text(name) or stop(name, expected)

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        value = self.text(name, default)
        if value not in options:
            stop(name, f"must be one of {', '.join(options)}; it is {value!r}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        return self.choice(name, ("0", "1"), "1" if default else "0") == "1"

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        return self._parsed(name, str(default), int, f"must be a whole number from {low} to {high}", low, high)

    def seconds(self, name: str, default: timedelta, *, low: timedelta) -> timedelta:
        """A duration given in seconds."""
        least, most = int(low.total_seconds()), 90 * 86_400
        whole = self.number(name, int(default.total_seconds()), low=least, high=most)
        return timedelta(seconds=whole)

    def path(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default))).expanduser().resolve()

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """A list separated by commas."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def beginning_with(self, prefix: str) -> dict[str, str]:
        """Every variable of a family, by the rest of its name."""
        return {name.removeprefix(prefix): value for name, value in self._values.items() if name.startswith(prefix)}

    def url(self, name: str, default: str, schemes: Sequence[str]) -> str:
        value = self.text(name, default)
        parts = urlsplit(value)
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            stop(name, f"must be a URL that starts with {' or '.join(f'{s}://' for s in schemes)}")
        return value.rstrip("/") if "http" in parts.scheme else value

    def matching(self, name: str, pattern: str, expected: str) -> str:
        """A value of a fixed form, or nothing."""
        value = self.text(name)
        if value and not re.fullmatch(pattern, value):
            stop(name, f"{expected}; it is {value!r}")
        return value

    def database(self, name: str) -> dict[str, Any]:
        """Django's settings for the Postgres at the URL in *name*."""
        value = self.required(name, "must be set, like postgres://user:password@host:5432/loupe")
        self.url(name, value, ("postgres", "postgresql"))
        try:
            return dict(environ.Env.db_url_config(value))
        except (ValueError, environ.ImproperlyConfigured):
            stop(name, "must be a URL like postgres://user:password@host:5432/loupe")

    def _parsed(self, name: str, default: str, parse: Callable[[str], int], expected: str, low: int, high: int) -> int:
        value = self.text(name, default)
        try:
            number = parse(value)
        except ValueError:
            stop(name, f"{expected}; it is {value!r}")
        if not low <= number <= high:
            stop(name, f"{expected}; it is {number}")
        return number
