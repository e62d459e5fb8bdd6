"""What pages are made of: pictures, drawings, words, dates, and what is remembered between pages."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from shop import arrival, drawing, pictures, recall, wording
from shop.models import Metal, Shape
from shop.paging import Pages
from shop.supply import jewellery

# Pictures


def test_every_piece_has_a_picture_in_every_metal_with_its_size_said():
    archetypes = {piece.facts["archetype"] for shelf in jewellery.read() for piece in jewellery.pieces(shelf)}
    for archetype in archetypes:
        for metal in Metal.values:
            for view in ("", "second"):
                picture = ElementTree.fromstring(_closed(pictures.html(archetype, metal, "A ring", view=view)))
                image = picture.find("img")
                assert int(image.get("width")) < int(image.get("height"))
                assert {source.get("type") for source in picture.findall("source")} == {"image/avif"}


def _closed(html):
    """HTML's void elements as XML wants them."""
    return html.replace(' decoding="async">', ' decoding="async"/>').replace('vw">', 'vw"/>').replace('vw" /> ', 'vw" ')


def test_a_picture_escapes_what_it_is_given():
    tag = Template('{% load pictures %}{% picture "solitaire-ring" "platinum" alt=name %}')
    html = tag.render(Context({"name": '"><script>'}))
    assert "<script>" not in html
    assert 'alt="&quot;&gt;&lt;script&gt;"' in html


def test_what_has_no_render_has_no_picture():
    assert pictures.html("tiara", "platinum", "A tiara") == ""


def test_a_stone_is_drawn_by_its_shape():
    assert 'aria-label="Oval"' in pictures.html("stone-oval", "", "Oval")


# Drawings


@pytest.mark.parametrize("shape", Shape.values)
def test_every_shape_has_an_outline(shape):
    assert len(ElementTree.fromstring(drawing.outline(shape, "From above"))) == 2


@given(st.decimals(43, 80, places=1), st.decimals(43, 95, places=1))
def test_a_stone_drawn_from_the_side_is_as_deep_as_it_says(depth, table):
    crown, pavilion = drawing._heights(float(depth), float(table))
    assert crown >= 0
    assert pavilion >= drawing.LEAST_PAVILION
    assert crown + drawing.GIRDLE_PERCENT + pavilion == pytest.approx(float(depth))
    ElementTree.fromstring(drawing.proportions(float(depth), float(table)))


# Words


@pytest.mark.parametrize(
    ("weight", "stones", "words"),
    [
        (Decimal("0.3"), "single", "0.30 ct"),
        (Decimal("1"), "several", "1.00 ct total weight"),
        (Decimal("0.299"), "single", "0.30 ct"),
    ],
)
def test_a_weight_is_exact_to_the_hundredth_and_total_where_there_are_several(weight, stones, words):
    assert wording.carat_of(weight, stones) == words


@pytest.mark.parametrize(
    ("origin", "title"),
    [
        ("natural", "1.01 ct oval natural diamond"),
        ("lab", "1.01 ct oval laboratory-grown diamond"),
        ("unstated", "1.01 ct oval diamond, origin not stated"),
    ],
)
def test_a_stones_name_never_leaves_its_origin_to_be_guessed(origin, title):
    assert wording.stone_title(SimpleNamespace(carat=Decimal("1.01"), shape="oval", origin=origin)) == title


# Dates


def test_working_days_leave_out_the_weekend():
    friday = date(2026, 11, 20)
    assert arrival.working_days_after(friday, 1) == date(2026, 11, 23)
    assert arrival.working_days_after(friday, 0) == friday
    assert arrival.arrives_on(5, today=friday) == date(2026, 12, 1)
    assert arrival.in_words(date(2026, 12, 4)) == "Friday 4 December"


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_a_piece_never_arrives_on_a_weekend(today, lead_days):
    assert arrival.arrives_on(lead_days, today=today).weekday() < 5


# Pages and memory


@given(st.integers(0, 10**6), st.integers(-5, 10**9))
def test_a_page_is_always_one_there_is(total, wanted):
    pages = Pages.of(total, wanted)
    assert 1 <= pages.number <= pages.num_pages <= 100
    assert pages.rows.start < max(total, 1)


def test_an_answer_is_remembered_for_as_long_as_a_page_is(settings, monkeypatch):
    settings.PAGE_CACHE_SECONDS = 10
    now = [100.0]
    monkeypatch.setattr(recall.time, "monotonic", lambda: now[0])
    asked = []
    read = recall.recalled(lambda name: asked.append(name) or len(asked))
    assert [read("a"), read("a"), read("b")] == [1, 1, 2]
    now[0] += 9.9
    assert read("a") == 1
    now[0] += 0.2
    assert read("a") == 3
    recall.forget()
    assert read("a") == 4


def test_nothing_is_remembered_where_pages_are_not_kept(settings):
    settings.PAGE_CACHE_SECONDS = 0
    asked = []
    read = recall.recalled(lambda: asked.append(1) or len(asked))
    assert [read(), read()] == [1, 2]


@pytest.mark.django_db
def test_nothing_is_remembered_inside_a_transaction(settings):
    settings.PAGE_CACHE_SECONDS = 10
    asked = []
    read = recall.recalled(lambda: asked.append(1) or len(asked))
    assert [read(), read()] == [1, 2]


def test_memory_is_bounded(settings):
    settings.PAGE_CACHE_SECONDS = 10
    asked = []
    read = recall.recalled(lambda number: asked.append(number) or number)
    for number in range(recall.MOST + 1):
        read(number)
    read(recall.MOST)
    read(0)
    assert asked == [*range(recall.MOST + 1), 0]
