"""Money: one way to write an amount, one way to round it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import money
from shop.money import MixedCurrencies, Money


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (125_000, "USD", "en_US", "$1,250.00"),
        (5, "USD", "en_US", "$0.05"),
        (0, "USD", "en_US", "$0.00"),
        (-125_000, "USD", "en_US", "-$1,250.00"),
        (500, "JPY", "en_US", "¥500"),
        (125_000, "EUR", "de_DE", "1.250,00\xa0€"),
    ],
)
def test_an_amount_is_written_as_its_currency_and_language_want(minor, currency, locale, text):
    assert money.format(minor, currency, locale) == text


def test_the_short_form_leaves_out_a_fraction_that_says_nothing():
    assert money.format_short(125_000, "USD") == "$1,250"
    assert money.format_short(125_050, "USD") == "$1,250.50"
    assert money.format_short(500, "JPY") == "¥500"


def test_halves_are_rounded_to_even():
    halves = [Decimal("0.5"), Decimal("1.5"), Decimal("2.5"), Decimal("-0.5"), Decimal("-1.5")]
    assert [money.rounded(half) for half in halves] == [0, 2, 2, 0, -2]


def test_a_share_of_an_amount_is_rounded_once():
    assert money.share(1_999, Decimal("0.0825")) == 165


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "EUR"]))
def test_there_and_back_is_the_same_amount(minor, currency):
    assert money.from_major(money.major(minor, currency), currency) == minor


def test_amounts_add_up_in_one_currency_only():
    assert Money(100, "USD") + Money(250, "USD") == Money(350, "USD")
    assert Money(100, "USD") * 3 - Money(50, "USD") == Money(250, "USD")
    assert str(Money(125_000, "USD")) == "$1,250.00"
    with pytest.raises(MixedCurrencies):
        Money(100, "USD") + Money(100, "EUR")
