"""An order shown to an appraiser: only what its owner agreed to, only to that appraiser, and only while they want it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import roles
from accounts.models import User
from orders import links, papers, sharing
from orders.models import Order, Paper, Share
from orders.sharing import Wanted
from orders.tests.conftest import Browser, bag_of, mails
from orders.tests.test_personal_data import delivered, erase
from privacy.consent import ledger
from privacy.consent.models import ConsentRecord
from privacy.models import Disclosure
from privacy.register import registry, subjects
from shop.models import Variant

HARBOUR, RHINE = "appraiser:harbour", "appraiser:rhine"
YES = {"wish": "appraisal", "agree": "on"}
SHOW = {"do": "open"}


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant, alice: User) -> Order:
    return buy(bag_of((necklace, 1)), alice, email="alice@example.com", full_name="Alice Abernathy")


@pytest.fixture
def hers(alice: User) -> Browser:
    browser = Browser()
    browser.force_login(alice)
    return browser


def shared(order: Order, by: Any, at: datetime, *, to: str = HARBOUR, **also: bool) -> Share:
    wanted = Wanted("appraisal", **also)
    return sharing.ask(order, registry.processor(to), wanted, network="203.0.113.7", by=by, at=at)


def link(share: Share) -> str:
    return sharing.url(share).partition("://")[2].partition("/")[2].join(["/", ""])


def given() -> list[tuple[str, list[str]]]:
    return [(row.processor, row.keys) for row in Disclosure.objects.filter(purpose="order", host="by its link")]


# The customer


@pytest.mark.promise("JE-45")
def test_an_order_is_shown_after_one_explicit_yes_that_names_order_and_appraiser(order: Order, hers: Browser) -> None:
    page = f"/account/orders/{order.reference}/share/?to={RHINE}"
    shown = hers.get(page).text
    assert "Rhine Valuers (DE)" in shown
    assert "checked" not in shown
    assert hers.post(page, {"wish": "appraisal"}).status_code == 422
    assert not Share.objects.exists()
    assert not mails("appraiser_link")
    assert hers.post(page, YES).status_code == 302
    record = ConsentRecord.objects.get(matter="share_with_appraiser")
    assert (record.about, record.surface, record.decision) == (f"{order.reference}:rhine", "order", "granted")
    assert record.notice is not None
    assert record.notice.text in shown.replace("&#x27;", "'")
    assert "Rhine Valuers" in record.notice.text
    assert order.reference in record.notice.text
    (mail,) = mails("appraiser_link")
    assert (mail.payload["to"], mail.subject) == ("office@rhine-valuers.example", None)
    for word in ("Alice", "alice@", "Solitaire", order.reference):
        assert word not in mail.payload["text"] + mail.payload["html"] + mail.payload["title"]
    assert link(Share.objects.get()) in mail.payload["text"]


@pytest.mark.promise("JE-45")
@pytest.mark.parametrize("also", [{}, {"with_price": True}, {"with_contact": True}], ids=["pieces", "price", "contact"])
def test_the_appraiser_reads_what_was_ticked_and_each_look_is_disclosed_first(
    order: Order, alice: User, browser: Browser, now: datetime, also: dict[str, bool]
) -> None:
    share = shared(order, alice, now, **also)
    door = browser.get(link(share)).text
    assert "Solitaire" not in door
    assert given() == []
    page = browser.post(link(share), SHOW).text
    keys = ["detail", "quantity", "title", "wish"]
    keys += ["currency", "price"] if "with_price" in also else ["email", "name"] if also else []
    assert given() == [(HARBOUR, sorted(keys))]
    words = {"Solitaire necklace": True, "1,250": "with_price" in also}
    words |= dict.fromkeys(("Alice Abernathy", "alice@example.com"), "with_contact" in also)
    words |= dict.fromkeys((order.reference, "Bezel Street", "+12125550188"), False)
    assert {word: word in page for word in words} == words
    browser.post(link(share), SHOW)
    share.refresh_from_db()
    assert (len(given()), share.times_opened) == (2, 2)


def closings(order: Order, alice: User, hers: Browser, share: Share, now: datetime) -> dict[str, Callable[[], Any]]:
    withdraw = f"/account/orders/{order.reference}/shares/{share.reference}/withdraw/"
    name = f"share_with_appraiser--{share.about}"
    manner = {"frequency": "all", "language": "en", "currency": "USD"}
    return {
        "order's page": lambda: hers.post(withdraw),
        "preferences": lambda: hers.post("/account/preferences/", {"do": "save", "seen": name, **manner}),
        "everything": lambda: hers.post("/account/preferences/", {"do": "withdraw"}),
        "restriction": lambda: subjects.restrict(alice.subject, reason=subjects.Reason.ASKED, by=alice, at=now),
        "the desk": lambda: sharing.cancel(share, by="staff:3", at=now),
        "time": lambda: Share.objects.update(asked_at=now - timedelta(days=40), ends_at=now - timedelta(days=10)),
    }


@pytest.mark.promise("JE-45")
@pytest.mark.parametrize("way", ["order's page", "preferences", "everything", "restriction", "the desk", "time"])
def test_whatever_ends_it_closes_the_link_at_once(
    order: Order, alice: User, hers: Browser, browser: Browser, now: datetime, way: str
) -> None:
    share, other = shared(order, alice, now), shared(order, alice, now, to=RHINE)
    closings(order, alice, hers, share, now)[way]()
    answers = [
        (answer.status_code, "Solitaire" in answer.text)
        for answer in (browser.get(link(share)), browser.post(link(share), SHOW))
    ]
    assert (answers, given()) == ([(410, False)] * 2, [])
    still = way in ("order's page", "preferences", "the desk")
    assert sharing.stands(Share.objects.get(pk=other.pk), at=now) is still


def test_an_erasure_takes_the_link_along_and_leaves_bobs(
    order: Order,
    buy: Callable[..., Order],
    necklace: Variant,
    alice: User,
    bob: User,
    carol: User,
    browser: Browser,
    now: datetime,
) -> None:
    share = shared(delivered(order, carol, now), alice, now)
    bobs = shared(buy(bag_of((necklace, 1)), bob), bob, now)
    browser.post(link(share), SHOW)
    erase(alice, now)
    assert list(Share.objects.values_list("pk", flat=True)) == [bobs.pk]
    assert (browser.get(link(share)).status_code, browser.get(link(bobs)).status_code) == (410, 200)
    assert [row.subject_id for row in Disclosure.objects.filter(host="by its link")] == [alice.subject.pk]


def test_a_withdrawn_link_stays_closed_when_the_order_is_shown_again(order: Order, alice: User, now: datetime) -> None:
    first = shared(order, alice, now)
    with pytest.raises(sharing.NotShared, match="may look at this order already"):
        shared(order, alice, now)
    ledger.withdraw(alice.subject, sharing.MATTER, about=first.about, surface="preferences", by=alice, at=now)
    second = shared(order, alice, now)
    assert [sharing.stands(Share.objects.get(pk=each.pk), at=now) for each in (first, second)] == [False, True]


def test_a_guest_shows_and_withdraws_with_the_orders_link(
    buy: Callable[..., Order], necklace: Variant, browser: Browser, now: datetime
) -> None:
    order = buy(bag_of((necklace, 1)))
    page = links.path(order, "orders:share", at=now)
    assert browser.post(page, YES).status_code == 302
    share = Share.objects.get()
    key = page.partition("?")[2]
    browser.post(f"/order/{order.reference}/shares/{share.reference}/withdraw/?{key}")
    assert sharing.stands(Share.objects.get(), at=now) is False
    assert browser.post(f"/order/{order.reference}/share/?key=forged", YES).status_code == 403


def test_no_undo_of_the_preferences_opens_a_link_again(order: Order, alice: User, hers: Browser, now: datetime) -> None:
    share = shared(order, alice, now)
    page = hers.post("/account/preferences/", {"do": "withdraw"})
    assert (page.context["undo"], sharing.stands(share, at=now)) == ("", False)


# Bad input


def test_a_forged_link_and_the_key_of_another_open_nothing(
    order: Order, alice: User, browser: Browser, now: datetime
) -> None:
    share, other = shared(order, alice, now), shared(order, alice, now, to=RHINE)
    page, key = link(share).split("?")
    for bad in (
        page,
        f"{page}?key=",
        f"{link(share)}x",
        f"{page}?{link(other).split('?')[1]}",
        "/appraiser/SH-2222-2222/?" + key,
    ):
        assert (browser.get(bad).status_code, browser.post(bad, SHOW).status_code) == (410, 410), bad
    assert given() == []


def test_nobody_shows_the_order_of_somebody_else(order: Order, bob: User, alice: User, now: datetime) -> None:
    share, browser = shared(order, alice, now), Browser()
    browser.force_login(bob)
    own = f"/account/orders/{order.reference}"
    assert browser.post(f"{own}/share/", YES).status_code == 404
    assert browser.post(f"{own}/shares/{share.reference}/withdraw/").status_code == 404
    assert (Share.objects.count(), sharing.stands(share, at=now)) == (1, True)


def test_without_an_agreement_there_is_nobody_to_choose(
    order: Order, alice: User, hers: Browser, now: datetime, settings: Any
) -> None:
    share, harbour = shared(order, alice, now), registry.processor(HARBOUR)
    settings.LOUPE_POLICY = "jen_hansen"
    assert sharing.stands(share, at=now) is False
    with pytest.raises(sharing.NotShared, match="no agreement with this appraiser"):
        sharing.ask(order, harbour, Wanted("appraisal"), network="", by=alice, at=now)
    assert hers.get(f"/account/orders/{order.reference}/share/").status_code == 404
    assert "Have it appraised" not in hers.get(f"/account/orders/{order.reference}/").text


# What comes back, and the desk


def test_a_valuation_comes_back_once_as_a_pdf_among_the_papers_of_its_owner(
    order: Order, alice: User, hers: Browser, browser: Browser, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.LOUPE_HOME = tmp_path
    share = shared(order, alice, now)

    def sends(content: bytes) -> Any:
        return browser.post(link(share), {"do": "send", "file": SimpleUploadedFile("worth.pdf", content)})

    for wrong in (b"", b"MZ a program", b"\x89PNG\r\n\x1a\n a picture", b"%PDF-1.7" + b" " * sharing.LARGEST):
        assert sends(wrong).status_code == 422
    assert not Paper.objects.exists()
    assert "Thank you" in sends(b"%PDF-1.7 worth 8,000").text
    assert "came by this link already" in sends(b"%PDF-1.7 worth 9,000").text
    with papers.read(Paper.objects.get()) as content:
        assert content.read() == b"%PDF-1.7 worth 8,000"
    assert "Valuation by Harbour Gem Laboratory" in hers.get(f"/account/orders/{order.reference}/").text


def test_the_desk_ends_one_and_can_begin_none(order: Order, alice: User, carol: User, now: datetime) -> None:
    roles.ensure()
    carol.groups.set([Group.objects.get(name="order desk")])
    share, desk = shared(order, alice, now), Browser()
    desk.force_login(carol)
    desk.get("/admin/")
    listed = desk.get("/admin/orders/share/").text
    assert (share.reference in listed, "Alice" in listed) == (True, False)
    assert desk.get("/admin/orders/share/add/").status_code == 403
    token = desk.cookies["csrftoken"].value if "csrftoken" in desk.cookies else ""
    desk.post(f"/admin/orders/share/{share.pk}/cancel/", {"csrfmiddlewaretoken": token})
    assert sharing.stands(Share.objects.get(), at=now) is False
