"""The bag: a signed cookie, pages that forgive everything, and numbers that stay in bounds."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import bag as bags
from orders.bag import Bag
from orders.tests.conftest import Browser
from shop.models import Stone, Variant


def test_the_cookie_carries_thirty_lines_in_less_than_half_a_kilobyte(browser: Browser) -> None:
    full = Bag(place="US-NY", lines=tuple((("v", 999_900 + i), 20) for i in range(30)))
    raw = bags._signer().sign(bags._encode(full))
    assert len(raw) < 512
    assert bags._decode(raw) == full


def test_an_empty_bag_sets_no_cookie(browser: Browser) -> None:
    response = browser.get("/bag/")
    assert (response.status_code, response.cookies.keys()) == (200, set())


@pytest.mark.promise("JS-15")
def test_adding_is_a_plain_post_that_leads_to_the_bag(browser: Browser, necklace: Variant) -> None:
    response = browser.put_in_bag(f"v:{necklace.pk}", 2)
    assert (response.status_code, response["Location"]) == (303, "/bag/")
    page = browser.get("/bag/")
    assert page.context["quote"].subtotal_minor == 250_000
    assert "Solitaire necklace" in page.text
    cookie = response.cookies["bag"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 86_400)


def test_adding_by_htmx_answers_with_a_note_and_the_cookie(browser: Browser, necklace: Variant) -> None:
    response = browser.post("/bag/add/", {"key": f"v:{necklace.pk}"}, headers={"HX-Request": "true"})
    assert (response.status_code, browser.bag.count) == (200, 1)
    assert "See your bag (1)" in response.text


def test_adding_asks_the_database_once(browser: Browser, necklace: Variant) -> None:
    with CaptureQueriesContext(connection) as queries:
        browser.put_in_bag(f"v:{necklace.pk}")
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("key", "quantity", "words"),
    [
        ("v:999999999999999", 1, "not for sale"),
        ("v:99999999999999999999999999", 1, "no such piece"),
        ("x:1", 1, "no such piece"),
        ("v:-1", 1, "no such piece"),
        ("", 1, "no such piece"),
        ("v:{pk}", 0, "One is the least"),
        ("v:{pk}", -3, "One is the least"),
        ("v:{pk}", 10_000, "is the most"),
        ("v:{pk}", "1e9", "whole numbers"),
        ("v:{pk}", 10**30, "is the most"),
        ("v:{pk}", "abc", "whole numbers"),
        ("v:{pk}", "2.5", "whole numbers"),
        ("v:{pk}", 6, "only 5 left"),
    ],
)
def test_bad_input_is_told_and_never_loses_the_bag(
    browser: Browser, necklace: Variant, stone: Stone, key: str, quantity: object, words: str
) -> None:
    browser.put_in_bag(f"s:{stone.pk}")
    before = browser.bag
    response = browser.post("/bag/add/", {"key": key.format(pk=necklace.pk), "quantity": quantity})
    assert response.status_code == 422
    assert words in response.text
    assert browser.bag == before


@pytest.mark.parametrize("quantity", [0, 10_000, "1e9", "abc", ""])
def test_a_bad_quantity_is_told_beside_its_line(browser: Browser, necklace: Variant, quantity: object) -> None:
    browser.put_in_bag(f"v:{necklace.pk}", 2)
    response = browser.post("/bag/quantity/", {"key": f"v:{necklace.pk}", "quantity": quantity})
    assert response.status_code == 422
    assert f'id="q-v{necklace.pk}_error"' in response.text
    assert browser.bag.quantity(("v", necklace.pk)) == 2


def test_quantities_add_up_and_stop_at_what_there_is(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}", 4)
    assert "only 1 more" in browser.put_in_bag(f"v:{necklace.pk}", 2).text
    assert browser.put_in_bag(f"v:{necklace.pk}", 1).status_code == 303
    assert browser.bag.quantity(("v", necklace.pk)) == 5


def test_a_stone_is_one_of_its_kind(browser: Browser, stone: Stone) -> None:
    assert browser.put_in_bag(f"s:{stone.pk}", 2).status_code == 422
    browser.put_in_bag(f"s:{stone.pk}")
    browser.put_in_bag(f"s:{stone.pk}")
    assert browser.bag.lines == ((("s", stone.pk), 1),)
    assert browser.post("/bag/quantity/", {"key": f"s:{stone.pk}", "quantity": 2}).status_code == 422


def test_a_bag_holds_thirty_lines(browser: Browser, necklace: Variant) -> None:
    full = Bag(lines=tuple((("v", 10**6 + i), 1) for i in range(30)))
    with pytest.raises(bags.BagFull):
        bags.add_line(full, ("v", necklace.pk), 1)


@pytest.mark.parametrize(
    "cookie", ["", "x", "1.2.3:4", "a" * 5_000, "\x00", "1.AAAA.US.USD.v1x1:forged", "%F0%9F%92%8E"]
)
def test_a_tampered_cookie_is_an_empty_bag_and_a_kind_word(browser: Browser, cookie: str) -> None:
    browser.cookies["bag"] = cookie
    response = browser.get("/bag/")
    assert response.status_code == 200
    assert ("could not be read" in response.text) == bool(cookie)
    assert browser.get("/checkout/").status_code == 302


def test_a_cookie_signed_for_another_purpose_is_tampered(browser: Browser) -> None:
    browser.cookies["bag"] = signing.Signer(salt="other").sign(bags._encode(Bag(lines=((("v", 1), 1),))))
    assert "could not be read" in browser.get("/bag/").text


@pytest.mark.parametrize("cookie", ["forged", bags._signer().sign("9.AAAA.US.USD.v1x1")])
def test_two_people_with_the_same_unreadable_cookie_get_bags_of_their_own(
    browser: Browser, other_browser: Browser, necklace: Variant, cookie: str
) -> None:
    for each in (browser, other_browser):
        each.cookies["bag"] = cookie
        each.put_in_bag(f"v:{necklace.pk}")
    assert (browser.bag.count, other_browser.bag.count) == (1, 1)
    assert browser.bag.id != other_browser.bag.id


def test_a_cookie_of_another_version_starts_afresh(browser: Browser) -> None:
    browser.cookies["bag"] = bags._signer().sign("9.AAAA.US.USD.v1x1")
    assert browser.get("/bag/").status_code == 200


def test_removing_offers_an_undo_that_puts_the_same_back(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}", 3)
    page = browser.post("/bag/remove/", {"key": f"v:{necklace.pk}"}, follow=True)
    assert browser.bag.count == 0
    assert page.context["removed"] == {"key": f"v:{necklace.pk}", "quantity": 3, "title": "Solitaire necklace"}
    browser.put_in_bag(**{name: page.context["removed"][name] for name in ("key", "quantity")})
    assert browser.bag.quantity(("v", necklace.pk)) == 3


@pytest.mark.parametrize("query", ["removed=v:1&quantity=2", "removed=%00", "removed=v:1e9&quantity=abc", "removed="])
def test_an_undo_for_nothing_shows_no_undo(browser: Browser, query: str) -> None:
    response = browser.get(f"/bag/?{query}")
    assert (response.status_code, response.context["removed"]) == (200, None)


def test_the_place_changes_the_sums_and_stays(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    page = browser.post("/bag/place/", {"place": "DE"}, follow=True)
    assert page.context["quote"].destination.code == browser.bag.place == "DE"
    assert "VAT" in page.text
    assert browser.post("/bag/place/", {"place": "AQ"}).status_code == 422


def test_what_left_the_catalogue_leaves_the_bag_with_a_word(browser: Browser, necklace: Variant, stone: Stone) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    browser.put_in_bag(f"s:{stone.pk}")
    Variant.objects.filter(pk=necklace.pk).update(is_live=False)
    assert "One piece is not for sale any more" in browser.get("/bag/").text
    assert browser.bag.lines == ((("s", stone.pk), 1),)


def test_what_ran_short_is_told_beside_its_line(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}", 4)
    necklace.stock.on_hand = 2
    necklace.stock.save()
    page = browser.get("/bag/")
    assert "There are only 2 left." in page.text
    assert not page.context["contents"].is_orderable


def test_the_bag_page_asks_as_much_for_thirty_lines_as_for_two(
    browser: Browser, stock_of: Callable[..., Variant], stone: Stone
) -> None:
    def queries(count: int) -> int:
        things = [(("v", stock_of().pk), 1) for _ in range(count - 1)]
        bag = Bag(id=UUID(int=1), lines=((("s", stone.pk), 1), *things))
        browser.cookies["bag"] = bags._signer().sign(bags._encode(bag))
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/bag/").status_code == 200
        return len(captured)

    assert queries(2) == queries(30) == 2


def test_every_page_counts_the_bag_without_asking(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}", 3)
    assert browser.get("/bag/").context["bag_count"] == 3
