"""The kinds of mail there are, each with the purpose it serves. A kind nobody declared cannot be sent."""

from dataclasses import dataclass
from typing import Final

from privacy.register.vocabulary import Purpose

KINDS: Final[dict[str, "Kind"]] = {}


class DeclaredTwice(Exception):
    """Two kinds with one name."""


@dataclass(frozen=True)
class Kind:
    """One kind of mail: `app.name`, as its templates are called (`emails/<app>/<name>.txt`).

    *reaches_restricted*: still sent to somebody whose data are restricted or being erased: answers to their own request.
    """

    name: str
    purpose: Purpose
    label: str
    reaches_restricted: bool = False

    def __post_init__(self) -> None:
        if self.name in KINDS:
            raise DeclaredTwice(self.name)
        KINDS[self.name] = self

    @property
    def is_marketing(self) -> bool:
        return self.purpose is Purpose.MARKETING

    @property
    def template(self) -> str:
        """The templates' common path."""
        app, _, name = self.name.partition(".")
        return f"emails/{app}/{name}"
