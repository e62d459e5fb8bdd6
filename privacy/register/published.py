"""The two lists a policy publishes, what is collected and what for, against what the declarations say.

The lists are the profile's (`collects`, `uses`), in its own words; each line stands for categories or purposes of the register.
What is not on them may not be held and may serve nothing; what nothing holds or serves may not stand on them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from privacy.register import profiles, registry
from privacy.register.profiles import Profile
from privacy.register.vocabulary import Category, Purpose

Listed = TypeVar("Listed", Category, Purpose)

NAMED_AT_MOST: Final = 5  # of the fields that hold something unpublished; the others are counted
BEYOND: Final = "{who} {verb} {what}, which the policy of {shop} does not publish"
UNTRUE: Final = "the policy of {shop} publishes {what} in {where}, and nothing declared is of that kind"
PASTE: Final = """If the policy may say so, put it on the list of the profile:
{where} = [
  {{ words = "...", {key} = ["{what}"] }},
]"""
TAKE_AWAY: Final = "Take it from {where} of the profile: a list that says too much is not true."


@dataclass(frozen=True)
class Disagreement:
    """Where a list and the declarations differ, as a sentence, and what to do about it."""

    words: str
    remedy: str


def disagreements(shop: Profile | None = None) -> list[Disagreement]:
    """Everything that is held or done and not published, and everything published that is neither."""
    shop = shop or profiles.current()
    categories = {each for line in shop.collects for each in line.categories}
    purposes = {each for line in shop.uses for each in line.purposes}
    about_data = {"where": "collects", "key": "categories", "verb": "holds", "shop": shop.slug}
    about_uses = {"where": "uses", "key": "purposes", "verb": "serves", "shop": shop.slug}
    return [*_compared(Category, held(), categories, about_data), *_compared(Purpose, served(), purposes, about_uses)]


def held() -> Mapping[Category, Sequence[str]]:
    """Each category that is held, and the declared fields `app.Model.field` that hold it."""
    found: dict[Category, list[str]] = defaultdict(list)
    for declaration, name, field in registry.every_field():
        found[field.category].append(f"{declaration.model}.{name}")
    return found


def served() -> Mapping[Purpose, Sequence[str]]:
    """Each purpose that is served, and the declared fields and the companies that serve it."""
    found: dict[Purpose, list[str]] = defaultdict(list)
    for declaration, name, _ in registry.every_field():
        for purpose in declaration.purposes_of(name):
            found[purpose].append(f"{declaration.model}.{name}")
    for processor in registry.processors():
        found[processor.purpose].append(processor.name)
    return found


def _compared(
    every: Iterable[Listed], found: Mapping[Listed, Sequence[str]], listed: set[Listed], about: Mapping[str, str]
) -> Iterator[Disagreement]:
    for each in every:
        facts = {**about, "what": each.name.lower(), "who": _several(found.get(each, ()))}
        if each in found and each not in listed:
            yield Disagreement(BEYOND.format(**facts), PASTE.format(**facts))
        elif each in listed and each not in found:
            yield Disagreement(UNTRUE.format(**facts), TAKE_AWAY.format(**facts))


def _several(names: Sequence[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
