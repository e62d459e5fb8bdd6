"""Search: words, slips of the finger, accents, and the reference of a stone."""

import pytest

from shop import catalogue
from shop.tests.goods import make_category, make_piece, make_stone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop():
    necklaces = make_category("necklaces", name="Necklaces")
    tennis = make_category("tennis-necklaces", name="Tennis", parent=necklaces)
    rings = make_category("rings", name="Rings")
    make_piece(tennis, name="Riviera tennis necklace", variants=({}, {"metal": "platinum"}))
    make_piece(
        tennis, name="Serein tennis necklace", stone_words="Natural sapphires", description="Fine enough to sleep in."
    )
    make_piece(rings, name="Solène ring", variants=({"metal": "rose-gold"},))
    make_piece(rings, name="Hidden ring", is_live=False)


def names(words):
    return {card.name for card in catalogue.search(words).cards}


TENNIS = {"Riviera tennis necklace", "Serein tennis necklace"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tennis necklace", TENNIS),
        ("necklaces", TENNIS),
        ("platinum", {"Riviera tennis necklace"}),
        ("sapphire", {"Serein tennis necklace"}),
        ("sleep", {"Serein tennis necklace"}),
        ("solene", {"Solène ring"}),
        ("Solène", {"Solène ring"}),
        ("rose gold ring", {"Solène ring"}),
        ("tenis neckace", TENNIS),
        ("saphire", {"Serein tennis necklace"}),
        ("riviear", {"Riviera tennis necklace"}),
        ("hidden", set()),
        ("xyzzy", set()),
        ("the", set()),
        ("'; drop table --", set()),
        ('"unclosed (& | !', set()),
    ],
)
def test_words_find(words, expected):
    assert names(words) == expected


def test_a_name_counts_for_more_than_a_description():
    make_piece(make_category("bracelets"), name="Court bracelet", description="The sister of the Riviera.")
    assert [card.name for card in catalogue.search("riviera").cards] == ["Riviera tennis necklace", "Court bracelet"]


def test_a_guess_says_that_it_is_one():
    assert catalogue.search("tenis").is_guess
    assert not catalogue.search("tennis").is_guess
    assert not catalogue.search("xyzzy").is_guess


def test_a_stone_is_found_by_its_reference_and_by_its_certificate():
    stone = make_stone()
    assert catalogue.search(f" {stone.ref.lower()} ").stone == stone.ref
    assert catalogue.search(stone.certificate.number).stone == stone.ref
    assert catalogue.search("ST-NONE-0000").stone == ""
