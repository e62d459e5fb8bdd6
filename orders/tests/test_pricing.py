"""What a bag costs: lines add up to totals, to the cent, wherever it goes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from orders import destinations, pricing
from orders.pricing import Item

places = st.sampled_from(sorted(destinations.table()))
items = st.lists(
    st.builds(
        Item,
        key=st.tuples(st.just("v"), st.integers(1, 10**9)),
        quantity=st.integers(1, 20),
        unit_minor=st.integers(1, 50_000_000),
    ),
    max_size=30,
)


@given(items, places)
def test_lines_shipping_and_tax_add_up_to_the_total(lines: list[Item], place: str) -> None:
    quote = pricing.quote(lines, destinations.get(place))
    assert quote.subtotal_minor == sum(line.unit_minor * line.quantity for line in quote.lines)
    assert quote.tax_minor == sum(line.tax_minor for line in quote.lines) + quote.shipping_tax_minor
    on_top = 0 if quote.destination.is_tax_included else quote.shipping_tax_minor
    assert quote.total_minor == sum(line.total_minor for line in quote.lines) + quote.shipping_minor + on_top


@given(items, places)
def test_tax_is_never_more_than_half_a_cent_a_line_off(lines: list[Item], place: str) -> None:
    quote = pricing.quote(lines, destinations.get(place))
    base = 100 + quote.rate if quote.destination.is_tax_included else Decimal(100)
    for line in quote.lines:
        assert abs(line.tax_minor - line.net_minor * quote.rate / base) <= Decimal("0.5")


@given(items, places)
def test_lines_can_all_be_given_back_one_by_one_and_never_exceed_what_was_paid(lines: list[Item], place: str) -> None:
    quote = pricing.quote(lines, destinations.get(place))
    assert 0 <= sum(line.total_minor for line in quote.lines) <= quote.total_minor


def test_new_york_adds_sales_tax_to_the_pieces_only() -> None:
    quote = pricing.quote([Item(("v", 1), 2, 125_000)], destinations.get("US-NY"))
    assert (quote.subtotal_minor, quote.shipping_minor, quote.tax_minor, quote.total_minor) == (
        250_000,
        0,
        10_000,
        260_000,
    )


def test_germany_finds_the_tax_within_the_price() -> None:
    quote = pricing.quote([Item(("v", 1), 1, 119_000)], destinations.get("DE"))
    assert (quote.lines[0].tax_minor, quote.shipping_minor, quote.shipping_tax_minor) == (19_000, 5_500, 878)
    assert (quote.tax_minor, quote.total_minor) == (19_878, 124_500)


def test_a_country_without_its_region_has_no_tax_yet_and_says_so() -> None:
    quote = pricing.quote([Item(("v", 1), 1, 100_000)], destinations.get("US"))
    assert (quote.destination.is_exact, quote.tax_minor) == (False, 0)


def test_dearer_goods_travel_in_a_dearer_or_an_included_way() -> None:
    domestic = destinations.get("US-NY").method("insured")
    assert [domestic.price_minor(worth) for worth in (49_999, 50_000, 249_999, 250_000)] == [1_500, 2_500, 2_500, 0]


def test_an_unknown_way_is_the_ordinary_one() -> None:
    assert destinations.get("DE").method("overnight").slug == "insured"


def test_an_empty_bag_costs_nothing_not_even_shipping() -> None:
    assert pricing.quote([], destinations.get("US-NY")).total_minor == 0


def test_places_that_a_select_offers_are_exact() -> None:
    offered = [code for _, places in destinations.choices() for code, _ in places]
    assert all(destinations.get(code).is_exact for code in offered)
    assert len(offered) == len(set(offered)) == len([p for p in destinations.table().values() if p.is_exact])


def test_a_place_not_served_is_refused() -> None:
    with pytest.raises(destinations.NotServed):
        destinations.get("AQ")


def test_the_table_says_that_its_rates_are_demo_values() -> None:
    assert "is_demo = true" in destinations.TABLE.read_text()


def test_a_preference_offers_the_currencies_of_the_price_list() -> None:
    assert list(settings.LOUPE_CURRENCIES) == [destinations.currency()]
