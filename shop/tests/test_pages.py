"""The pages of the shop window: what they say, how few questions they ask, and what they answer to nonsense."""

from decimal import Decimal

import pytest
from django.test import Client

from shop.tests.goods import make_category, make_piece, make_stone

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client()


@pytest.fixture
def necklaces():
    shelf = make_category("necklaces", name="Necklaces")
    return make_category("tennis-necklaces", name="Tennis", parent=shelf)


@pytest.fixture
def alba(necklaces):
    """A necklace in two metals, three of each."""
    return make_piece(
        necklaces,
        name="Alba",
        variants=(
            {"price_minor": 89_000, "length_cm": "42"},
            {"metal": "platinum", "price_minor": 105_000, "length_cm": "42"},
        ),
    )


def text(response):
    return response.content.decode()


def row_counts(make, *, few=1, many=30):
    """Make one row, then the rest; yields between, so that the same page can be counted twice."""
    for number in range(many):
        make(number)
        if number == few - 1:
            yield few
    yield many


# Query budgets


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/", 2),
        ("/category/necklaces/", 3),
        ("/category/tennis-necklaces/?metal=yellow-gold&price=1000-2500&sort=price", 3),
        ("/search/?q=alba", 1),
        ("/search/?q=allba", 5),  # text, then likeness in a transaction of its own
        ("/sitemap.xml", 2),
        ("/api/v1/products/", 2),
        ("/api/v1/categories/", 2),
    ],
)
def test_a_list_of_pieces_asks_as_much_for_thirty_as_for_one(
    browser, necklaces, django_assert_max_num_queries, path, budget
):
    for _ in row_counts(lambda number: make_piece(necklaces, name="Alba", variants=({}, {"metal": "platinum"}))):
        with django_assert_max_num_queries(budget):
            assert browser.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "budget"),
    [("/stones/", 3), ("/stones/?shape=round&carat_min=0.5&sort=-carat", 3), ("/api/v1/stones/", 1)],
)
def test_a_list_of_stones_asks_as_much_for_thirty_as_for_one(browser, django_assert_max_num_queries, path, budget):
    for _ in row_counts(lambda number: make_stone(colour=1 + number % 7)):
        with django_assert_max_num_queries(budget):
            assert browser.get(path).status_code == 200


def test_a_piece_asks_as_much_with_thirty_variants_as_with_one(browser, necklaces, django_assert_max_num_queries):
    for variants in (1, 30):
        piece = make_piece(necklaces, variants=[{}] * variants)
        for path, budget in ((piece.get_absolute_url(), 5), (f"/api/v1/products/{piece.slug}/", 4)):  # reviews are one
            with django_assert_max_num_queries(budget):
                assert browser.get(path).status_code == 200


def test_a_stone_asks_two_questions(browser, django_assert_max_num_queries):
    stones = [make_stone() for _ in range(30)]
    with django_assert_max_num_queries(2):
        assert browser.get(stones[0].get_absolute_url()).status_code == 200


# What they say


def test_home_leads_to_the_necklaces_and_the_stones(browser, alba):
    make_stone(carat=Decimal("1.00"), colour=2, price_minor=399_900)
    page = text(browser.get("/"))
    assert 'href="/category/tennis-necklaces/"' in page
    assert "Show 1 stones" in page


def test_a_shelf_holds_the_pieces_of_its_styles(browser, alba):
    page = text(browser.get("/category/necklaces/"))
    assert f'href="/product/{alba.slug}/"' in page
    assert "$890" in page
    assert "1 piece<" in page


def test_a_facet_narrows_and_its_counts_say_what_another_tick_would_find(browser, alba, necklaces):
    make_piece(necklaces, name="Vesper", variants=({"metal": "rose-gold"},))
    page = text(browser.get("/category/necklaces/?metal=platinum"))
    assert "Alba" in page
    assert "Vesper" not in page
    assert '<span>18 ct rose gold</span><span class="facet__count">1</span>' in page


def test_a_facet_with_one_value_is_hidden(browser, alba):
    page = text(browser.get("/category/necklaces/"))
    assert 'id="facet-metal"' in page
    assert 'id="facet-carat"' not in page


def test_pages_turn_and_keep_the_filters(browser, necklaces):
    for number in range(30):
        make_piece(necklaces, name=f"Piece{number:02d}", position=number)
    first = text(browser.get("/category/necklaces/?metal=yellow-gold"))
    assert "Piece23" in first
    assert "Piece24" not in first
    assert 'href="?metal=yellow-gold&amp;page=2"' in first
    assert "Piece29" in text(browser.get("/category/necklaces/?metal=yellow-gold&page=2"))


def test_a_piece_says_price_arrival_and_origin_and_goes_to_the_bag_without_javascript(browser, alba):
    page = text(browser.get(f"/product/{alba.slug}/?metal=platinum"))
    variant = alba.variants.get(metal="platinum")
    assert "$1,050" in page
    assert "Arrives by " in page
    assert "One round natural diamond" in page
    assert 'action="/bag/add/"' in page
    assert f'<option value="v:{variant.pk}" selected>42 cm</option>' in page


def test_a_variant_of_the_bag_is_shown_again(browser, alba):
    variant = alba.variants.get(metal="platinum")
    assert f'value="v:{variant.pk}" selected' in text(browser.get(f"/product/{alba.slug}/?variant={variant.pk}"))


def test_a_sold_out_piece_says_so_and_cannot_be_put_in_the_bag(browser, necklaces):
    piece = make_piece(necklaces, variants=({"on_hand": 0},))
    page = text(browser.get(piece.get_absolute_url()))
    assert "Sold out" in page
    assert "Add to bag" not in page


def test_what_is_not_on_sale_is_not_found(browser, necklaces):
    hidden = make_piece(necklaces, name="Hidden", is_live=False)
    bare = make_piece(necklaces, name="Bare", variants=())
    assert browser.get(hidden.get_absolute_url()).status_code == 404
    assert browser.get(bare.get_absolute_url()).status_code == 404
    page = text(browser.get("/category/necklaces/"))
    assert "Hidden" not in page
    assert "Bare" not in page


def test_a_piece_whose_last_variant_just_went_is_not_found(browser, alba):
    alba.variants.update(is_live=False)
    assert browser.get(alba.get_absolute_url()).status_code == 404


def test_a_stone_says_where_its_facts_end(browser):
    stone = make_stone(source="dataset", origin="unstated", x_mm=None, y_mm=None, z_mm=None, is_settable=False)
    page = text(browser.get(stone.get_absolute_url()))
    assert "1.00 ct round diamond, origin not stated" in page
    assert "Sold loose only" in page
    assert "This number is made up" in page
    assert f'value="s:{stone.pk}"' in page


@pytest.mark.parametrize(
    ("status", "words"), [("sold", "has found somebody"), ("reserved", "is paying for this stone")]
)
def test_a_stone_that_is_gone_says_so_and_cannot_be_put_in_the_bag(browser, status, words):
    page = text(browser.get(make_stone(status=status).get_absolute_url()))
    assert words in page
    assert "Add to bag" not in page


def test_a_withheld_stone_is_not_found(browser):
    assert browser.get(make_stone(status="withheld").get_absolute_url()).status_code == 404


def test_a_laboratory_grown_stone_is_always_called_so(browser):
    stone = make_stone(shape="oval", origin="lab")
    for path in ("/stones/", stone.get_absolute_url()):
        assert "oval laboratory-grown diamond" in text(browser.get(path))


def test_search_engines_are_told_what_stays(browser, alba):
    sitemap = text(browser.get("/sitemap.xml"))
    assert f"/product/{alba.slug}/</loc>" in sitemap
    assert "/category/tennis-necklaces/</loc>" in sitemap
    assert "Disallow: /checkout/" in text(browser.get("/robots.txt"))


@pytest.mark.parametrize("path", ["/", "/category/necklaces/", "/stones/", "/search/?q=alba", "/size-guide/"])
def test_pages_set_no_cookie(browser, alba, path):
    assert not browser.get(path).cookies


# What they answer to nonsense

NONSENSE = [
    "abc",
    "0",
    "-1",
    "10000",
    "1e9",
    "1" * 400,
    "NaN",
    "%00",
    "'; drop table shop_stone; --",
    "<script>",
    "💎",
    "a\nb",
]


@pytest.mark.parametrize("value", NONSENSE)
def test_no_value_breaks_a_page(browser, alba, value):
    stone = make_stone()
    value = value.replace("%00", "\x00")
    fields = {
        "/category/necklaces/": ("metal", "carat", "price", "sort", "page"),
        alba.get_absolute_url(): ("variant", "metal", "carat", "length", "size"),
        "/stones/": (
            "shape",
            "origin",
            "cut",
            "colour",
            "clarity",
            "carat_min",
            "price_max",
            "depth_min",
            "table_max",
            "sort",
            "page",
        ),
        stone.get_absolute_url(): ("x",),
        "/search/": ("q", "page"),
    }
    for path, names in fields.items():
        for name in names:
            response = browser.get(path, {name: value})
            assert response.status_code == 200, (path, name)
            assert "<script>" not in text(response).replace("<script src", "")


@pytest.mark.parametrize("value", NONSENSE)
def test_no_value_breaks_the_api(browser, alba, value):
    value = value.replace("%00", "\x00")
    for path, names in {
        "/api/v1/products/": ("category", "metal", "price_min", "limit", "offset"),
        "/api/v1/stones/": ("shape", "colour", "carat_min", "price_max", "cursor", "limit"),
    }.items():
        for name in names:
            assert browser.get(path, {name: value}).status_code in (200, 400, 404), (path, name)


@pytest.mark.parametrize(
    "path", ["/category/none/", "/product/none/", "/stones/ST-NONE-0000/", "/stones/%00/", "/category/a%00b/"]
)
def test_what_there_is_not_is_not_found(browser, path):
    assert browser.get(path).status_code == 404


def test_a_wrong_value_is_answered_beside_its_field_and_what_was_typed_stays(browser):
    make_stone()
    page = text(browser.get("/stones/?carat_min=abc"))
    assert 'value="abc"' in page
    assert '<p class="facet__error" id="carat-error">Write a number.</p>' in page
    page = text(browser.get("/stones/?colour=Q"))
    assert '<p class="facet__error" id="colour-error">“Q” is not one of these.</p>' in page


def test_an_unknown_choice_shows_what_there_is_and_says_so(browser, alba):
    page = text(browser.get(f"/product/{alba.slug}/?variant=999999"))
    assert "That choice is not on sale. Here is what is." in page
    assert "$890" in page


def test_a_page_beyond_the_last_is_the_last(browser):
    for _ in range(30):
        make_stone()
    assert "Page 2 of 2" in text(browser.get("/stones/?page=999999999"))
    assert "Page 1 of 2" in text(browser.get("/stones/?page=1e9"))


@pytest.mark.parametrize("path", ["/", "/category/necklaces/", "/stones/", "/search/"])
def test_pages_are_only_read(browser, alba, path):
    assert browser.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 405
