"""The register of cookies this site sets. The cookie page shows it; a crawl of the site may find no other.

Three small facts for each: what it holds, what it is for, how long it lives. Nothing here needs consent: each is strictly
necessary for something the visitor asked for (ePrivacy Directive Art. 5(3)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings


@dataclass(frozen=True)
class Cookie:
    """One first-party cookie."""

    name: str
    holds: str
    purpose: str
    set_when: str
    lives: timedelta

    @property
    def days(self) -> int:
        """How long it lives."""
        return self.lives.days


def register() -> list[Cookie]:
    """Every cookie the site may set, in the order a visitor would meet them."""
    return [
        Cookie(
            name="bag",
            holds="A random number, your country, the currency, and which pieces you chose. Signed by us.",
            purpose="To keep your bag from page to page.",
            set_when="You put a piece into your bag.",
            lives=timedelta(days=30),
        ),
        Cookie(
            name=settings.SESSION_COOKIE_NAME,
            holds="A random number.",
            purpose="To keep you signed in, and to protect the forms you send meanwhile.",
            set_when="You sign in, or begin to.",
            lives=timedelta(seconds=settings.SESSION_COOKIE_AGE),
        ),
    ]
