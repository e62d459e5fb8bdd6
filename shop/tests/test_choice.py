"""Choosing a variant by plain links: what is meant, what else there is, and what cannot be had."""

from decimal import Decimal

import pytest

from shop import choice
from shop.choice import Offer


def offer(pk, metal, carat, length, *, available=1, price=100):
    return Offer(pk, metal, Decimal(carat), Decimal(length), "", price, "USD", Decimal("2.4"), None, available)


OFFERS = [
    offer(1, "yellow-gold", "0.30", "40", available=0),
    offer(2, "yellow-gold", "0.30", "45"),
    offer(3, "yellow-gold", "0.50", "40"),
    offer(4, "platinum", "0.30", "40", price=120),
    offer(5, "platinum", "0.50", "40", available=0),
]


def chosen(**wanted):
    return choice.choose(OFFERS, wanted).offer.id


def test_without_a_wish_it_is_the_first_that_can_be_had():
    assert chosen() == 2


def test_a_variant_is_meant_by_its_id_even_when_sold_out():
    assert chosen(variant="1") == 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"metal": "platinum"}, 4),
        ({"metal": "yellow-gold", "carat": "0.50"}, 3),
        ({"metal": "platinum", "carat": "0.30", "length": "45"}, 4),
        ({"metal": "yellow-gold", "carat": "0.30", "length": "40"}, 1),
        ({"metal": "", "nonsense": "x"}, 2),
    ],
)
def test_the_nearest_to_what_is_asked_for(wanted, expected):
    assert chosen(**wanted) == expected


@pytest.mark.parametrize(
    "wanted", [{"variant": "99"}, {"variant": "x\x00"}, {"metal": "wood"}, {"carat": "9"}, {"size": "6"}]
)
def test_what_no_variant_has_is_unknown(wanted):
    with pytest.raises(choice.Unknown, match=next(iter(wanted))):
        chosen(**wanted)


def test_links_keep_the_other_choices_and_say_what_is_sold_out():
    metal, carat = choice.choose(OFFERS, {"metal": "yellow-gold", "carat": "0.50"}).axes
    assert [(option.label, option.query, option.is_chosen, option.is_available) for option in metal.options] == [
        ("18 ct yellow gold", "metal=yellow-gold&carat=0.50&length=40", True, True),
        ("Platinum 950", "metal=platinum&carat=0.50&length=40", False, False),
    ]
    assert [option.value for option in carat.options] == ["0.30", "0.50"]


def test_the_last_choice_is_a_line_per_length_in_the_chosen_metal_and_weight():
    made = choice.choose(OFFERS, {"variant": "2"})
    assert [(size.key, size.label, size.is_chosen, size.is_available) for size in made.sizes] == [
        ("v:1", "40 cm", False, False),
        ("v:2", "45 cm", True, True),
    ]
    assert made.size_legend == "Length"


def test_every_link_leads_to_what_it_names():
    from django.http import QueryDict

    for axis in choice.choose(OFFERS, {}).axes:
        for option in axis.options:
            reached = choice.choose(OFFERS, QueryDict(option.query).dict()).offer
            assert choice.SPELT[axis.name](reached) == option.value
