"""Counting by facets: a number beside a value is what ticking that value alone in its facet would find."""

from hypothesis import given
from hypothesis import strategies as st

from shop.facets import Facet, Option, Thing, tally

VALUES = "abc"
offers = st.tuples(*[st.sampled_from(VALUES)] * 3)
things = st.lists(
    st.builds(Thing, st.integers(), st.integers(1, 9), st.sets(offers, min_size=1, max_size=4)), max_size=8
)
ticks = st.tuples(*[st.sets(st.sampled_from(VALUES))] * 3)


def found_by(things, ticked):
    """What is found, said the slow way."""
    return [
        thing
        for thing in things
        if any(
            all(not values or value in values for value, values in zip(offer, ticked, strict=True))
            for offer in thing.offers
        )
    ]


@given(things, ticks)
def test_what_is_found_has_one_offer_with_a_ticked_value_everywhere(things, ticked):
    result = tally(things, ticked)
    expected = found_by(things, ticked)
    assert result.found == [thing.name for thing in expected]
    assert result.total == sum(thing.weight for thing in expected)


@given(things, ticks)
def test_a_values_count_is_what_it_would_find_alone_in_its_facet(things, ticked):
    result = tally(things, ticked)
    for place, counts in enumerate(result.counts):
        for value in VALUES:
            alone = [*ticked[:place], {value}, *ticked[place + 1 :]]
            assert counts[value] == sum(thing.weight for thing in found_by(things, alone))


def test_a_product_in_two_metals_is_counted_once_in_each_and_once_in_all():
    ring = Thing("ring", 1, {("gold", "small"), ("platinum", "large")})
    result = tally([ring], [(), ()])
    assert (result.total, result.counts[0]) == (1, {"gold": 1, "platinum": 1})


def test_a_metal_and_a_price_must_be_those_of_one_variant():
    ring = Thing("ring", 1, {("gold", "small"), ("platinum", "large")})
    assert tally([ring], [{"platinum"}, {"small"}]).total == 0


def test_a_facet_with_one_value_is_no_choice_unless_it_is_ticked():
    one = Option("round", "Round", 5, is_ticked=False)
    ticked = Option("round", "Round", 5, is_ticked=True)
    assert not Facet("shape", "Shape", (one,)).is_shown
    assert Facet("shape", "Shape", (ticked,)).is_shown
    assert Facet("shape", "Shape", (one, one)).is_shown
