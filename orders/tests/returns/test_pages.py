"""Sending something back on the pages: of an account, and behind a guest's link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from orders import links
from orders.models import Order, Return
from orders.tests.conftest import Browser, bag_of
from orders.tests.parcels import delivered
from orders.tests.returns.conftest import HAMBURG, picture
from shop.models import Variant


def form_of(order: Order, **changes: Any) -> dict[str, Any]:
    return (
        {f"line_{line.pk}": line.quantity for line in order.lines.all()}
        | {"reason": "", "words": "", "wish": ""}
        | changes
    )


@pytest.fixture
def alices_browser(alice: User) -> Browser:
    browser = Browser()
    browser.force_login(alice)
    return browser


@pytest.fixture
def page(order: Order) -> str:
    return f"/account/orders/{order.reference}/return/"


def test_two_pages_and_nothing_kept_before_the_second(alices_browser: Browser, order: Order, page: str) -> None:
    assert page in alices_browser.get(f"/account/orders/{order.reference}/").text
    assert alices_browser.get(page).status_code == 200
    typed = form_of(order, reason="size", words="Too tight")
    second = alices_browser.post(page, typed)
    assert "Is this right?" in second.text
    assert not Return.objects.exists()
    assert "Send something back" in alices_browser.post(page, typed | {"change": "yes"}).text
    done = alices_browser.post(page, typed | {"confirm": "yes"})
    made = Return.objects.get()
    assert (done.status_code, done["Location"]) == (302, f"/account/orders/{order.reference}/#{made.reference}")
    shown = alices_browser.get(f"/account/orders/{order.reference}/").text
    assert made.reference in shown
    assert "Please do not send anything yet." in shown

    again = alices_browser.post(page, typed | {"confirm": "yes"})
    assert (again.status_code, Return.objects.count()) == (409, 1)
    assert "on its way to us already" in again.text
    assert (
        alices_browser.post(f"/account/orders/{order.reference}/returns/{made.reference}/withdraw/").status_code == 302
    )
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_a_withdrawal_is_called_by_its_name(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime, browser: Browser
) -> None:
    """A guest in Hamburg, with the link of the mail: the label, the confirmation, the receipt (Directive 2011/83 Art. 11a)."""
    order = delivered(buy(bag_of((necklace, 1)), **HAMBURG), carol, now)
    assert "Withdraw from the contract here" in browser.get(links.path(order, at=now)).text
    path = links.path(order, "orders:return", at=now)
    second = browser.post(path, form_of(order)).text
    for words in ("Confirm your withdrawal", "Confirm withdrawal", order.reference, order.full_name, order.email):
        assert words in second, words
    assert browser.post(path, form_of(order, confirm="yes")).status_code == 302
    made = Return.objects.get()
    assert (made.right, made.state) == ("withdrawal", "approved")
    assert "12 Orchard Lane" in browser.get(links.path(order, at=now)).text
    assert (
        browser.post(links.path(order, at=now).replace("?", f"returns/{made.reference}/withdraw/?")).status_code == 302
    )
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_nobody_else_gets_there(
    alices_browser: Browser, browser: Browser, order: Order, bobs: Order, page: str, now: datetime
) -> None:
    his, before = Return.objects.get(order=bobs), picture(bobs)
    assert browser.post(page, form_of(order, confirm="yes"))["Location"].startswith("/accounts/login/")
    assert browser.post(f"/order/{order.reference}/return/?key=wrong", form_of(order, confirm="yes")).status_code == 403
    stolen = links.path(order, "orders:return", at=now).replace(order.reference, bobs.reference)
    assert browser.post(stolen, form_of(bobs, confirm="yes")).status_code == 403
    theirs = f"/account/orders/{bobs.reference}/"
    assert alices_browser.post(f"{theirs}return/", form_of(bobs, confirm="yes")).status_code == 404
    assert alices_browser.post(f"{theirs}returns/{his.reference}/withdraw/").status_code == 404
    mixed = f"/account/orders/{order.reference}/returns/{his.reference}/withdraw/"
    assert alices_browser.post(mixed).status_code == 404
    assert picture(bobs) == before
    assert not order.returns.exists()


def test_what_is_typed_wrong_is_said_on_the_page(alices_browser: Browser, order: Order, page: str) -> None:
    line = f"line_{order.lines.get().pk}"
    wrong = ({"reason": "because"}, {"words": "x" * 1_001}, {"wish": "x" * 301}, {line: "7"}, {line: "-1"}, {line: "0"})
    for changes in wrong:
        answer = alices_browser.post(page, form_of(order, confirm="yes") | changes)
        assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True), changes
    assert not Return.objects.exists()


def test_an_order_that_has_not_left_offers_to_cancel_it(
    buy: Callable[..., Order], necklace: Variant, alice: User, alices_browser: Browser
) -> None:
    order = buy(bag_of((necklace, 1)), alice, email="alice@example.com")
    answer = alices_browser.get(f"/account/orders/{order.reference}/return/")
    assert (answer.status_code, "Cancel it instead" in answer.text) == (409, True)
    assert "/return/" not in alices_browser.get(f"/account/orders/{order.reference}/").text
