"""The kinds of message there are, each with the purpose it serves. A kind nobody declared cannot be sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from privacy.consent.vocabulary import TOPICS, Matter
from privacy.register.vocabulary import Purpose

KINDS: Final[dict[str, "Kind"]] = {}


class DeclaredTwice(Exception):
    """Two kinds with one name."""


@dataclass(frozen=True)
class Kind:
    """One kind of message: `app.name`, as its templates are called (`emails/<app>/<name>.txt`).

    Transactional or marketing: what serves `Purpose.MARKETING` is marketing, and goes only to people who agreed to its *matter*.
    *reaches_restricted*: still sent to somebody whose data are restricted or being erased: answers to their own request.
    *proves_address*: asked for a moment ago by whoever is at the address; its link shows that mails arrive there. It is tried even
    where an earlier mail came back, once a day (`suppressions.TRIED_AGAIN_AFTER`).
    *is_last_word*: the one answer to a STOP. It passes the suppression that it confirms, and is lost rather than sent twice.
    """

    name: str
    purpose: Purpose
    label: str
    reaches_restricted: bool = False
    matter: Matter | None = None
    is_last_word: bool = False
    proves_address: bool = False

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


def marketing() -> list[str]:
    """The names of every kind that needs consent."""
    return sorted(kind.name for kind in KINDS.values() if kind.is_marketing)


def at_most_once() -> list[str]:
    """The names of every kind that is not sent again where nobody knows whether it went."""
    return sorted(kind.name for kind in KINDS.values() if kind.is_marketing or kind.is_last_word)


def disagreements() -> Iterator[str]:
    """Kinds whose purpose and matter do not say the same, in words; nothing while all is well."""
    for kind in KINDS.values():
        if kind.is_marketing and kind.matter not in TOPICS:
            yield f"{kind.name} is marketing, but says no topic that somebody could agree to"
        elif kind.matter is not None and not kind.is_marketing:
            yield f"{kind.name} is transactional, but asks for consent to {kind.matter}"
