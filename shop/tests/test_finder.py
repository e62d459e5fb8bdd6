"""Finding stones: by grade and by range, with honest counts."""

from decimal import Decimal

import pytest
from django.http import QueryDict

from shop import finder
from shop.finder import Filters, Range
from shop.forms import FinderForm
from shop.tests.goods import make_stone

pytestmark = pytest.mark.django_db


def counts(found, name):
    facet = next(facet for facet in found.facets if facet.name == name)
    return {option.value: option.count for option in facet.options}


@pytest.fixture
def stones():
    return {
        "round D": make_stone(colour=1, price_minor=300_000, carat=Decimal("0.70")),
        "round F": make_stone(colour=3, price_minor=200_000, carat=Decimal("1.00")),
        "oval D": make_stone(shape="oval", origin="lab", colour=1, price_minor=100_000, carat=Decimal("1.50")),
        "sold": make_stone(colour=1, status="sold"),
        "withheld": make_stone(colour=1, status="withheld"),
    }


def refs(stones, *names):
    return [stones[name].ref for name in names]


def test_only_what_is_on_sale_is_found_cheapest_first(stones):
    found = finder.find_stones(Filters())
    assert [row.ref for row in found.rows] == refs(stones, "oval D", "round F", "round D")
    assert found.total == 3


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("price", ["oval D", "round F", "round D"]),
        ("-price", ["round D", "round F", "oval D"]),
        ("carat", ["round D", "round F", "oval D"]),
        ("-carat", ["oval D", "round F", "round D"]),
    ],
)
def test_orders(stones, sort, names):
    assert [row.ref for row in finder.find_stones(Filters(), sort=sort).rows] == refs(stones, *names)


def test_a_tick_narrows_the_other_facets_and_not_its_own(stones):
    found = finder.find_stones(Filters({"shape": frozenset({"round"})}))
    assert [row.ref for row in found.rows] == refs(stones, "round F", "round D")
    assert counts(found, "shape") == {"round": 2, "oval": 1}
    assert counts(found, "colour") == {"D": 1, "F": 1}
    assert counts(found, "origin") == {"natural": 2}


def test_ranges_include_their_ends(stones):
    found = finder.find_stones(Filters(ranges={"carat": Range(Decimal("0.70"), Decimal("1.00"))}))
    assert [row.ref for row in found.rows] == refs(stones, "round F", "round D")
    found = finder.find_stones(Filters(ranges={"price": Range(Decimal(200_001), None)}))
    assert [row.ref for row in found.rows] == refs(stones, "round D")


def test_nothing_found_asks_for_no_rows(stones, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert finder.find_stones(Filters({"colour": frozenset({7})})).rows == []


def test_prices_are_asked_in_dollars_and_grades_by_name():
    form = FinderForm(QueryDict("price_max=4000&colour=D&colour=E&cut=very-good&carat_min=0.7"))
    assert form.filters == Filters(
        {
            "shape": frozenset(),
            "origin": frozenset(),
            "cut": frozenset({3}),
            "colour": frozenset({1, 2}),
            "clarity": frozenset(),
        },
        {"price": Range(None, Decimal(400_000)), "carat": Range(Decimal("0.7"), None)},
    )


def test_or_better_means_that_grade_and_every_better_one():
    assert FinderForm(QueryDict("colour_min=F")).filters.ticked["colour"] == {1, 2, 3}


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("carat_min=abc", "carat_min", "Write a number."),
        ("carat_min=NaN", "carat_min", "Write a number."),
        ("price_max=1e99", "price_max", "From 0 to 10,000,000."),
        ("price_min=-1", "price_min", "From 0 to 10,000,000."),
        ("depth_max=61.55", "depth_max", "At most 1 digits behind the point."),
        ("carat_min=2&carat_max=1", "carat_max", "This is less than “from”."),
        ("colour=Q", "colour", "“Q” is not one of these."),
        ("colour=%00", "colour", "“\x00” is not one of these."),
        ("colour_min=Q", "colour_min", "“Q” is not one of these."),
        ("sort=;drop", "sort", "“;drop” is not one of these."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_the_rest_still_counts(query, field, message):
    form = FinderForm(QueryDict(f"shape=oval&{query}"))
    assert form.error(field) == message
    assert form.filters == FinderForm(QueryDict("shape=oval")).filters


def test_the_spread_counts_every_stone_on_sale_once_and_marks_what_was_asked(stones):
    carat, price = finder.spreads(Filters(ranges={"carat": Range(Decimal("1.00"), Decimal("1.05"))}))
    assert (carat.name, sum(carat.counts), price.name, sum(price.counts)) == ("carat", 3, "price", 3)
    assert [place for place, count in enumerate(carat.counts) if count] == [5, 8, 13]
    assert [place for place, is_in in enumerate(carat.inside) if is_in] == [8]
    assert all(price.inside)


def test_stones_beyond_the_last_step_stand_in_it():
    make_stone(carat=Decimal("5.01"), price_minor=90_000_000)
    carat, price = finder.spreads(Filters(ranges={"carat": Range(Decimal(5), None)}))
    assert (carat.counts[-1], price.counts[-1]) == (1, 1)
    assert [place for place, is_in in enumerate(carat.inside) if is_in] == [finder.STEPS - 1]
