"""Choosing a variant: which one is meant, and what else could be chosen from there. Pure; works by plain links.

Metal and weight are links to the same page; the last choice (a length or a ring size) is made in the form that puts the
piece in the bag, because that is where one reads down a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import urlencode

from shop import wording
from shop.models import StoneSetting
from shop.models.catalogue import METAL_NAMES


class Offer(NamedTuple):
    """One variant as a product's page needs it."""

    id: int
    metal: str
    carat: Decimal | None
    length_cm: Decimal | None
    ring_size: str
    price_minor: int
    currency: str
    weight_grams: Decimal
    lead_days: int | None
    available: int | None


class Unknown(LookupError):
    """The address names a variant, a metal or a size that this product does not have."""


@dataclass(frozen=True, slots=True)
class Option:
    """One value of an axis: where choosing it leads, and whether anything there can be had."""

    value: str
    label: str
    query: str
    is_chosen: bool
    is_available: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing to choose by a link."""

    name: str
    legend: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class Size:
    """One line of the last choice: a variant in the chosen metal and weight."""

    key: str
    label: str
    price_minor: int
    is_chosen: bool
    is_available: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen variant, and everything that could be chosen instead."""

    offer: Offer
    axes: list[Axis]
    sizes: list[Size]
    size_legend: str

    @property
    def is_available(self) -> bool:
        """Whether anything can be had in the chosen metal and weight."""
        return any(size.is_available for size in self.sizes)

    @property
    def has_one_price(self) -> bool:
        return len({size.price_minor for size in self.sizes}) == 1


#: How each choice is spelt in an address; None where a variant has no such thing.
SPELT: Final[Mapping[str, Callable[[Offer], str]]] = {
    "metal": lambda offer: offer.metal,
    "carat": lambda offer: "" if offer.carat is None else f"{offer.carat:.2f}",
    "length": lambda offer: "" if offer.length_cm is None else f"{offer.length_cm.normalize():f}",
    "size": lambda offer: offer.ring_size,
}
LINKED: Final = ("metal", "carat")
PARAMETERS: Final = ("variant", *SPELT)


def choose(offers: Sequence[Offer], wanted: Mapping[str, str], *, stones: str = StoneSetting.NONE) -> Choice:
    """The variant meant by `wanted` (`variant`, or `metal`, `carat`, `length`, `size`), or the nearest that can be had.

    Raises `Unknown` for a value that no variant has.
    """
    asked = {name: value for name, value in wanted.items() if value and name in PARAMETERS}
    if "variant" in asked:
        offer = next((offer for offer in offers if str(offer.id) == asked["variant"]), None)
        if offer is None:
            raise Unknown("variant")
    else:
        offer = _nearest(offers, asked)
    alike = [other for other in offers if (other.metal, other.carat) == (offer.metal, offer.carat)]
    return Choice(
        offer=offer,
        axes=[axis for axis in (_axis(name, offers, offer, stones) for name in LINKED) if len(axis.options) > 1],
        sizes=[_size(other, offer) for other in alike],
        size_legend="Ring size" if offer.ring_size else "Length" if offer.length_cm is not None else "",
    )


def _nearest(offers: Sequence[Offer], asked: Mapping[str, str]) -> Offer:
    """The variant nearest to what is asked for, value by value in the order asked; then one that can be had, then the first.

    A link names its own value first, so that following it always leads to that value, whatever else must give way.
    """
    for name, value in asked.items():
        if all(SPELT[name](offer) != value for offer in offers):
            raise Unknown(name)
    return max(
        offers,
        key=lambda offer: (*(SPELT[name](offer) == value for name, value in asked.items()), bool(offer.available)),
    )


def _axis(name: str, offers: Sequence[Offer], chosen: Offer, stones: str) -> Axis:
    """The values of one axis, each leading to the same product with everything else kept where it can be."""
    spell = SPELT[name]
    others = {other: SPELT[other](chosen) for other in SPELT if other != name and SPELT[other](chosen)}
    by_value: dict[str, list[Offer]] = {}
    for offer in offers:
        by_value.setdefault(spell(offer), []).append(offer)
    options = []
    for value, group in by_value.items():
        kept = [
            offer for offer in group if all(SPELT[other](offer) == others[other] for other in LINKED if other in others)
        ]
        options.append(
            Option(
                value,
                METAL_NAMES[value] if name == "metal" else _weight(group[0], stones),
                urlencode({name: value} | others),
                value == spell(chosen),
                any(offer.available for offer in kept),
            )
        )
    return Axis(name, "Metal" if name == "metal" else "Weight of stones", options)


def _weight(offer: Offer, stones: str) -> str:
    return "" if offer.carat is None else wording.carat_of(offer.carat, stones)


def _size(offer: Offer, chosen: Offer) -> Size:
    label = offer.ring_size or ("" if offer.length_cm is None else wording.length(offer.length_cm))
    return Size(f"v:{offer.id}", label, offer.price_minor, offer.id == chosen.id, bool(offer.available))
