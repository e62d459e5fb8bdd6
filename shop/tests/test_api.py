"""The catalogue over the API: the same goods, the same counts, wrong values named."""

from decimal import Decimal

import pytest
from django.test import Client

from shop.tests.goods import make_category, make_piece, make_stone

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return Client()


def results(response):
    return response.json()["results"]


@pytest.fixture
def alba():
    shelf = make_category("necklaces")
    style = make_category("tennis-necklaces", parent=shelf)
    return make_piece(
        style, name="Alba", variants=({"price_minor": 89_000}, {"metal": "platinum", "price_minor": 105_000})
    )


def test_a_product_lists_what_can_be_put_in_a_bag(api, alba):
    product = api.get(f"/api/v1/products/{alba.slug}/").json()
    assert (product["name"], product["category"], product["metals"]) == (
        "Alba",
        "tennis-necklaces",
        ["yellow-gold", "platinum"],
    )
    first = alba.variants.order_by("position").first()
    assert product["variants"][0]["key"] == f"v:{first.pk}"
    assert [(each["price_minor"], each["available"]) for each in product["variants"]] == [(89_000, 3), (105_000, 3)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("category=necklaces", True),
        ("category=tennis-necklaces", True),
        ("category=rings", False),
        ("metal=platinum", True),
        ("metal=silver", False),
        ("metal=silver&metal=platinum", True),
        ("price_max=89000", True),
        ("price_max=88999", False),
        ("price_min=105001", False),
    ],
)
def test_products_are_narrowed(api, alba, query, found):
    make_category("rings")
    assert [product["slug"] for product in results(api.get(f"/api/v1/products/?{query}"))] == [alba.slug] * found


def test_what_is_not_on_sale_is_not_in_the_api(api, alba):
    hidden = make_piece(alba.category, is_live=False)
    withheld = make_stone(status="withheld")
    assert len(results(api.get("/api/v1/products/"))) == 1
    assert api.get(f"/api/v1/products/{hidden.slug}/").status_code == 404
    assert results(api.get("/api/v1/stones/")) == []
    assert api.get(f"/api/v1/stones/{withheld.ref}/").status_code == 404


def test_categories_say_their_shelf(api, alba):
    found = {category["slug"]: category["shelf"] for category in results(api.get("/api/v1/categories/"))}
    assert found == {"necklaces": None, "tennis-necklaces": "necklaces"}


def test_a_stone_says_its_grades_its_key_and_that_its_certificate_is_made_up(api):
    stone = make_stone(shape="oval", origin="lab", colour=2, clarity=4)
    read = api.get(f"/api/v1/stones/{stone.ref}/").json()
    assert (read["key"], read["colour"], read["clarity"], read["cut"]) == (f"s:{stone.pk}", "E", "VS1", None)
    assert read["title"] == "1.00 ct oval laboratory-grown diamond"
    assert read["certificate"] == {"lab": "Demonstration", "number": stone.certificate.number, "is_demo": True}


def test_stones_are_narrowed_by_the_words_of_the_page(api):
    wanted = make_stone(colour=1, carat=Decimal("1.10"), price_minor=300_000)
    make_stone(colour=5)
    make_stone(colour=1, carat=Decimal("0.40"))
    found = results(api.get("/api/v1/stones/?colour=D&colour=E&carat_min=1&price_max=300000&cut=ideal"))
    assert [stone["ref"] for stone in found] == [wanted.ref]


def test_a_long_list_is_walked_by_cursor_and_misses_nothing(api):
    made = [make_stone(price_minor=100_000 + number % 3).ref for number in range(30)]
    seen, address = [], "/api/v1/stones/?limit=7"
    for _ in range(10):
        page = api.get(address).json()
        seen += [stone["ref"] for stone in page["results"]]
        address = page["next"]
        if not address:
            break
    assert sorted(seen) == sorted(made)


def test_a_wrong_value_is_named(api):
    answer = api.get("/api/v1/stones/?colour=Q&carat_min=abc")
    assert answer.status_code == 400
    assert answer.json().keys() == {"colour", "carat_min"}


def test_the_catalogue_is_only_read(api, alba):
    headers = {"Sec-Fetch-Site": "same-origin"}
    for path in ("/api/v1/products/", f"/api/v1/products/{alba.slug}/", "/api/v1/stones/"):
        for method in (api.post, api.put, api.delete):
            assert method(path, {}, content_type="application/json", headers=headers).status_code == 405
