"""Where goods come from: the data set as it is, made-up stones that say so, jewellery that agrees with itself."""

from collections import Counter
from decimal import Decimal
from io import StringIO
from itertools import islice

import pytest
from django.core.management import call_command

from shop import shelves
from shop.models import Category, Certificate, Product, StockLevel, Stone, Variant
from shop.supply import jewellery, stones
from shop.tests.goods import NOON


@pytest.fixture(scope="module")
def dataset():
    return list(stones.dataset())


@pytest.fixture(scope="module")
def demo():
    return list(stones.demo())


def test_the_data_set_is_whole_and_says_no_more_than_it_knows(dataset):
    assert len(dataset) == 53_940
    assert {(row.source, row.shape, row.origin) for row in dataset} == {("dataset", "round", "unstated")}
    assert dataset[0][1:] == (
        *("dataset", "round", "unstated", "0.23", 1, 2, 7, "61.5", "55", "3.95", "3.98", "2.43"),
        *(32_600, "USD", True, "available", dataset[0].certificate),
    )


def test_dimensions_that_cannot_be_true_are_left_out_and_the_stone_cannot_be_set(dataset):
    unmeasured = [row for row in dataset if row.x_mm is None]
    assert len(unmeasured) == 23  # 20 with a zero, 3 with a slip of the keyboard
    assert [row for row in dataset if not row.is_settable] == unmeasured
    assert all((row.y_mm, row.z_mm) == (None, None) for row in unmeasured)


def test_one_of_two_rows_alike_to_the_last_digit_is_withheld(dataset):
    withheld = [row for row in dataset if row.status == "withheld"]
    assert len(withheld) == 146
    offered = {row[1:16] for row in dataset if row.status == "available"}
    assert len(offered) == 53_940 - 146
    assert {row[1:16] for row in withheld} <= offered


def test_references_and_certificate_numbers_are_each_used_once_and_count_nothing(dataset, demo):
    every = [*dataset, *demo]
    assert len({row.ref for row in every}) == len(every)
    assert len({row.certificate for row in every}) == len(every)
    assert all(row.certificate.startswith("DEMO-") for row in every)
    assert [row.ref for row in dataset[:50]] != sorted(row.ref for row in dataset[:50])


def test_made_up_stones_bring_the_other_shapes_and_the_laboratory(demo):
    assert len(demo) == 6_000
    assert {row.source for row in demo} == {"demo"}
    assert len(Counter(row.shape for row in demo)) == 10
    assert {row.origin for row in demo if row.shape == "round"} == {"lab"}
    assert {row.origin for row in demo} == {"natural", "lab"}
    assert {row.cut is None for row in demo if row.shape != "round"} == {True}


def test_made_up_stones_are_the_same_at_every_load(demo):
    assert list(islice(stones.demo(), 100)) == demo[:100]


def test_a_made_up_stone_weighs_what_its_measurements_say(demo):
    for row in demo[:500]:
        x, y, z = Decimal(row.x_mm), Decimal(row.y_mm), Decimal(row.z_mm)
        density = Decimal(str(stones.HABITS[row.shape].density))
        assert abs(x * y * z * density - Decimal(row.carat)) < Decimal("0.05")
        assert abs(z / y * 100 - Decimal(row.depth_pct)) < Decimal("0.5")


def test_there_is_jewellery_enough_and_every_necklace_style():
    data = jewellery.read()
    pieces = [piece for shelf in data for piece in jewellery.pieces(shelf)]
    assert len(pieces) >= 60
    assert {style["slug"] for style in data[0]["style"]} == {
        *("solitaire-necklaces", "tennis-necklaces", "bezel-necklaces"),
        *("halo-necklaces", "linked-tennis-necklaces"),
    }
    assert len({piece.slug for piece in pieces}) == len({piece.sku for piece in pieces}) == len(pieces)


def test_no_piece_calls_a_stone_a_diamond_without_saying_which():
    """16 CFR 23.12: what is laboratory-grown is always called so."""
    pieces = [piece for shelf in jewellery.read() for piece in jewellery.pieces(shelf)]
    grown = [piece.facts for piece in pieces if piece.facts.get("origin") == "lab"]
    assert len(grown) > 5
    assert all("laboratory-grown" in facts["stone_words"].lower() for facts in grown)
    named = [
        piece.facts["stone_words"].lower()
        for piece in pieces
        if "diamond" in piece.facts.get("stone_words", "").lower()
    ]
    assert all("natural" in words or "laboratory-grown" in words for words in named)


@pytest.mark.django_db
def test_jewellery_is_loaded_once_and_what_staff_changed_stays():
    first = jewellery.load(at=NOON)
    assert (first.products, first.variants) == (Product.objects.count(), Variant.objects.count())
    assert StockLevel.objects.count() == first.variants
    Product.objects.filter(slug="alba-solitaire-necklace").update(blurb="Changed at the desk")
    Variant.objects.filter(sku="SN-ALBA-030-YG-40").update(price_minor=12_300)
    assert jewellery.load(at=NOON) == jewellery.Loaded(0, 0)
    assert Product.objects.get(slug="alba-solitaire-necklace").blurb == "Changed at the desk"
    assert Variant.objects.get(sku="SN-ALBA-030-YG-40").price_minor == 12_300


@pytest.mark.django_db
def test_every_variant_has_weight_lead_time_and_price_and_every_card_its_summary():
    jewellery.load(at=NOON)
    assert Variant.objects.count() == Variant.objects.filter(weight_grams__gt=0, price_minor__gte=100_00).count()
    assert not Product.objects.filter(lead_days=0).exists()
    assert shelves.stale() == []
    assert Product.objects.on_sale().count() == Product.objects.count()
    assert Category.objects.filter(parent__slug="necklaces").count() == 5


@pytest.mark.django_db
def test_stones_are_loaded_once_and_a_sold_one_stays_sold(demo):
    assert stones.load(demo[:20]) == 20
    Stone.objects.filter(ref=demo[0].ref).update(status="sold")
    assert stones.load(demo[:30]) == 10
    assert Stone.objects.get(ref=demo[0].ref).status == "sold"
    assert Certificate.objects.filter(is_demo=True).count() == 30
    assert set(Stone.objects.values_list("ref", flat=True)) == {row.ref for row in demo[:30]}


@pytest.mark.slow
@pytest.mark.django_db
def test_the_command_loads_everything_says_what_it_does_and_finds_nothing_new_the_second_time():
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    assert "53,940 new stones" in out.getvalue()
    assert "6,000 new stones" in out.getvalue()
    assert "59,940 loose stones" in out.getvalue()
    again = StringIO()
    call_command("load_catalogue", stdout=again)
    assert again.getvalue().count(" 0 new ") == 3
    assert Stone.objects.on_sale().filter(source="dataset").count() == 53_940 - 146
