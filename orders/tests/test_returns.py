"""Sending something back: on which right, until when, what goes back to the cent, and what is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from orders import fulfilment, links, payments, refunds, return_money, return_rights, returns
from orders.models import Order, OrderLine, Refund, Return, ReturnLine, SoldCertificate
from orders.tests.conftest import Browser, bag_of, mails
from orders.tests.test_personal_data import delivered
from privacy.ground import states
from privacy.models import AuditEvent
from shop.models import Certificate, Stone, Variant

Right, Reason, Ground = Return.Right, Return.Reason, Return.Ground
DAY = timedelta(days=1)
HAMBURG = {"place": "DE", "city": "Hamburg", "postal_code": "20095"}
ARRIVED = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a Monday; the fourteenth day after it is Monday, 16 November


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime) -> Order:
    """Two alike and delivered to Alice in New York."""
    return delivered(buy(bag_of((necklace, 2)), alice, email="alice@example.com"), carol, now)


@pytest.fixture
def bobs(buy: Callable[..., Order], necklace: Variant, bob: User, carol: User, now: datetime) -> Order:
    """Bob's, with a return of his own, which must come out untouched."""
    his = delivered(buy(bag_of((necklace, 1)), bob, email="bob@example.com"), carol, now)
    returns.ask(his, everything(his), reason=Reason.SIZE, by=bob, at=now)
    return his


def everything(order: Order) -> dict[int, int]:
    return {line.pk: line.quantity for line in order.lines.all()}


def picture(order: Order) -> tuple[Any, ...]:
    """What of an order a return of somebody else's must not touch."""
    rows = Return.objects.filter(order=order).values()
    return list(rows), payments.refundable(order), Order.objects.filter(pk=order.pk).values().get()


def through(made: Return, by: Any, at: datetime) -> Return:
    """Approved where it has to be, received, paid back."""
    if made.state == Return.State.REQUESTED:
        made = returns.approve(made, by=by, at=at)
    returns.receive(made, by=by, at=at)
    return returns.refund(made, by=by, at=at)


# One return from beginning to end


@pytest.mark.promise("JS-05")
def test_one_of_two_comes_back_and_is_paid_back_at_stripe_to_the_cent(
    order: Order, bobs: Order, alice: User, carol: User, now: datetime
) -> None:
    before, line = picture(bobs), order.lines.get()
    made = returns.ask(order, {line.pk: 1}, reason=Reason.SIZE, words="Too tight", wish="One larger", by=alice, at=now)
    assert (made.state, made.right, made.words, made.wish) == ("requested", "shop", "Too tight", "One larger")

    through(made, carol, now)
    made.refresh_from_db()
    assert made.refund is not None
    refunds.carry_out(made.refund.pk, at=now)

    assert made.refund.amount_minor == line.total_minor // 2
    assert Refund.objects.get(pk=made.refund.pk).state == "done"
    order.refresh_from_db()
    assert (order.state, payments.refundable(order)) == ("delivered", order.total_minor - line.total_minor // 2)
    trail = AuditEvent.objects.filter(object_ref=made.reference).order_by("pk").values_list("event", "actor")
    desk = f"staff:{carol.pk}"
    assert list(trail) == [
        ("return.requested", f"customer:{alice.subject_id}"),
        ("return.approved", desk),
        ("return.received", desk),
        ("return.refunded", desk),
    ]
    told = sorted(mail.kind for mail in mails() if mail.reference == order.reference and "return" in mail.kind)
    assert told == [f"orders.return_{what}" for what in ("approved", "received", "refunded", "requested")]
    assert picture(bobs) == before


def test_the_mails_say_what_happens_next(order: Order, alice: User, carol: User, now: datetime) -> None:
    made = through(returns.ask(order, everything(order), by=alice, at=now), carol, now)
    said = {mail.kind.removeprefix("orders.return_"): mail.payload for mail in mails() if "return_" in mail.kind}
    for payload in said.values():
        assert payload["to"] == "alice@example.com"
        assert all(made.reference in payload[part] for part in ("text", "html"))
    assert "Please do not send anything yet." in said["requested"]["text"]
    assert "12 Orchard Lane" not in said["requested"]["text"]
    assert "12 Orchard Lane\nPortland, OR 97205" in said["approved"]["text"]
    assert "2 x Solitaire necklace" in said["received"]["text"]
    assert "$2,725.00" not in said["refunded"]["text"], "delivery stays in the shop's own time"


def test_everything_back_refunds_the_order(
    buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime
) -> None:
    """A withdrawal in Germany: tax lies within, the ordinary delivery goes back too, and nobody has to say yes."""
    order = delivered(buy(bag_of((necklace, 2)), alice, **HAMBURG), carol, now)
    made = returns.ask(order, everything(order), by=alice, at=now)
    assert (made.right, made.state, made.decided_at) == ("withdrawal", "approved", now)
    assert AuditEvent.objects.get(event="return.approved").actor == "system:returns"
    (receipt,) = mails("return_requested")
    for words in (
        f"{now:%-d %B %Y}",
        "withdrew from the contract",
        order.full_name,
        order.reference,
        "nobody has to approve it",
        "12 Orchard Lane",
    ):
        assert words in receipt.payload["text"], words

    made = through(made, carol, now)
    order.refresh_from_db()
    assert made.refund is not None
    assert (made.refund.amount_minor, order.state, payments.refundable(order)) == (order.total_minor, "refunded", 0)


@pytest.mark.parametrize(
    ("place", "method", "reason", "delivery"),
    [
        ("DE", "insured", "", 8_500),
        pytest.param("US-NY", "overnight", Reason.FAULTY, 4_500, marks=pytest.mark.prove),
        pytest.param("US-NY", "insured", Reason.SIZE, 0, marks=pytest.mark.prove),
    ],
    ids=["a withdrawal", "a fault", "a change of mind"],
)
def test_delivery_goes_back_as_the_right_says(
    buy: Callable[..., Order], stock_of: Callable[..., Variant], carol: User, now: datetime,
    place: str, method: str, reason: str, delivery: int,
) -> None:  # fmt: skip
    price = 300_000 if place == "DE" else 125_000
    order = delivered(buy(bag_of((stock_of(price_minor=price), 1)), place=place, method=method), carol, now)
    made = returns.ask(order, everything(order), reason=reason, by=order.subject, at=now)
    owed = return_money.owed(made)
    assert (owed.pieces_minor, owed.delivery_minor) == (order.lines.get().total_minor, delivery)
    assert owed.total_minor == owed.pieces_minor + delivery <= order.total_minor


def test_a_faster_way_was_the_customers_wish(stock_of: Callable[..., Variant], order: Order, now: datetime) -> None:
    """In a withdrawal the ordinary way's price goes back, with its own part of the tax."""
    Order.objects.filter(pk=order.pk).update(
        country="GB", region="", shipping_minor=12_000, tax_minor=order.tax_minor + 1_200,
        total_minor=order.subtotal_minor + 12_000 + order.tax_minor + 1_200,
    )  # fmt: skip
    order.refresh_from_db()
    made = Return(order=order, right=Right.WITHDRAWAL)
    assert return_money._delivery_owed(made) == 8_500 + 850
    made.right = Right.FAULT
    assert return_money._delivery_owed(made) == 12_000 + 1_200


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(1, 999_999), parts=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_the_parts_of_a_line_are_the_line(total: int, parts: list[int]) -> None:
    """Whatever is sent back in whatever portions: together it is what was paid, and no part is negative."""
    line = OrderLine(total_minor=total, quantity=sum(parts))
    steps = [sum(parts[:number]) for number in range(len(parts) + 1)]
    shares = [return_money._up_to(line, after) - return_money._up_to(line, before) for before, after in pairwise(steps)]
    assert sum(shares) == total
    assert min(shares) >= 0


# Until when


@pytest.mark.parametrize(
    ("country", "arrived", "last"),
    [
        ("DE", ARRIVED, "2026-11-16"),
        ("DE", ARRIVED - 2 * DAY, "2026-11-16"),  # the fourteenth day is a Saturday
        ("DE", datetime(2026, 12, 11, 12, tzinfo=UTC), "2026-12-28"),  # Christmas Day, Boxing Day, a Sunday
        ("GB", datetime(2026, 12, 14, 12, tzinfo=UTC), "2026-12-29"),  # Boxing Day is kept on the Monday
    ],
    ids=["a working day", "a Saturday", "Christmas", "the Monday after Boxing Day"],
)
def test_fourteen_days_end_on_a_working_day_wherever_it_ends_last(country: str, arrived: datetime, last: str) -> None:
    until = return_rights._end(Order(country=country), arrived, 14, to_a_working_day=True)
    assert until is not None
    assert until.date().isoformat() == last
    assert until.astimezone(UTC).hour == 11, "the day ends last twelve hours behind Greenwich"


def test_each_right_ends_on_its_day(buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime) -> None:
    order = delivered(buy(bag_of((necklace, 1)), **HAMBURG), carol, now)
    offer = return_rights.offer(order, at=now)
    assert offer.withdraw_until and offer.shop_until and offer.fault_until  # noqa: PT018
    assert offer.withdraw_until < offer.shop_until < offer.fault_until
    lines, second = list(order.lines.all()), timedelta(seconds=1)
    for moment, reason, right in (
        (offer.withdraw_until, "", Right.WITHDRAWAL),
        (offer.withdraw_until + second, "", Right.SHOP),
        (offer.shop_until, Reason.SIZE, Right.SHOP),
        (offer.shop_until + second, Reason.FAULTY, Right.FAULT),
        (offer.fault_until, Reason.WRONG_PIECE, Right.FAULT),
    ):
        assert return_rights.offer(order, at=moment).right_to(lines, reason) == right
    for moment, reason in ((offer.shop_until + second, Reason.SIZE), (offer.fault_until + second, Reason.FAULTY)):
        with pytest.raises(return_rights.TooLate):
            return_rights.offer(order, at=moment).right_to(lines, reason)


@pytest.mark.prove
def test_nothing_runs_before_it_has_arrived(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime
) -> None:
    order = buy(bag_of((necklace, 1)), **HAMBURG)
    fulfilment.pack(order, by=carol, at=now)
    fulfilment.ship(order, carrier="ups", tracking_number="1Z", by=carol, at=now)
    made = returns.ask(order, everything(order), by=order.subject, at=now + 60 * DAY)
    assert made.right == Right.WITHDRAWAL


@pytest.mark.prove
def test_a_shop_without_a_time_of_its_own_gives_what_the_law_gives(
    order: Order, alice: User, now: datetime, settings: Any
) -> None:
    settings.LOUPE_RETURN_DAYS = 0
    with pytest.raises(return_rights.TooLate):
        returns.ask(order, everything(order), reason=Reason.SIZE, by=alice, at=now)
    assert returns.ask(order, everything(order), reason=Reason.FAULTY, by=alice, at=now).right == Right.FAULT


def test_what_was_engraved_comes_back_for_a_fault_only(
    buy: Callable[..., Order], necklace: Variant, stock_of: Callable[..., Variant], carol: User, now: datetime
) -> None:
    engraved = {("v", necklace.pk): "For Ida"}
    order = delivered(buy(bag_of((necklace, 1), (stock_of(), 1)), **HAMBURG, engravings=engraved), carol, now)
    hers, plain = order.lines.order_by("position")
    with pytest.raises(return_rights.MadeForYou, match="was engraved for you"):
        returns.ask(order, everything(order), by=order.subject, at=now)
    assert not Return.objects.exists()
    assert returns.ask(order, {plain.pk: 1}, by=order.subject, at=now).right == Right.WITHDRAWAL
    assert returns.ask(order, {hers.pk: 1}, reason=Reason.FAULTY, by=order.subject, at=now).right == Right.FAULT


# Refused with a sentence, nothing half done


def test_what_cannot_be_asked_for_is_refused_and_leaves_nothing(
    order: Order, bobs: Order, alice: User, now: datetime
) -> None:
    line, his = order.lines.get(), bobs.lines.get()
    mailed = len(mails())
    for wanted, error in (
        ({}, return_rights.NothingChosen),
        ({line.pk: 0}, return_rights.NothingChosen),
        ({his.pk: 1}, return_rights.NothingChosen),
        ({line.pk: 3}, return_rights.TooMany),
        ({line.pk: 1, his.pk: 1}, return_rights.NothingChosen),
    ):
        with pytest.raises(error):
            returns.ask(order, wanted, by=alice, at=now)
    assert (order.returns.count(), len(mails())) == (0, mailed)
    returns.ask(order, {line.pk: 2}, by=alice, at=now)
    with pytest.raises(return_rights.TooMany, match="on its way back already"):
        returns.ask(order, {line.pk: 1}, by=alice, at=now)


def test_what_is_still_here_is_cancelled_and_what_was_never_sent_cannot_come_back(
    buy: Callable[..., Order], begin: Callable[..., Any], necklace: Variant, carol: User, now: datetime
) -> None:
    paid, cancelled = buy(bag_of((necklace, 1))), buy(bag_of((necklace, 1)))
    fulfilment.cancel(cancelled, reason="x", by=carol, at=now)
    with pytest.raises(return_rights.NotShipped, match="Cancel it instead"):
        returns.ask(paid, everything(paid), by=paid.subject, at=now)
    for other in (cancelled, begin(bag_of((necklace, 1)), email="w@example.com").order):
        with pytest.raises(return_rights.Gone):
            returns.ask(other, everything(other), by=other.subject, at=now)


def test_no_money_goes_back_twice_or_before_it_is_here(order: Order, alice: User, carol: User, now: datetime) -> None:
    made = returns.ask(order, {order.lines.get().pk: 1}, by=alice, at=now)
    stale = Return.objects.get(pk=made.pk)
    with pytest.raises(states.NotAllowed):
        returns.refund(made, by=carol, at=now)
    through(made, carol, now)
    for too_late in (returns.refund, returns.receive, returns.approve, returns.withdraw):
        with pytest.raises(states.NotAllowed):
            too_late(stale, by=carol, at=now)
    assert Refund.objects.filter(payment__order=order).count() == 1


@pytest.mark.prove
def test_what_the_desk_gave_back_before_is_not_given_back_again(
    order: Order, alice: User, carol: User, now: datetime
) -> None:
    line = order.lines.get()
    fulfilment.refund(order, amount_minor=order.total_minor - 1_000, reason="a scratch", by=carol, at=now)
    made = through(returns.ask(order, {line.pk: 1}, by=alice, at=now), carol, now)
    assert made.refund is not None
    assert made.refund.amount_minor == 1_000
    order.refresh_from_db()
    assert order.state == "refunded"


@pytest.mark.prove
def test_nothing_left_to_give_back_is_a_ground_to_refuse(order: Order, alice: User, carol: User, now: datetime) -> None:
    made = returns.receive(
        returns.approve(returns.ask(order, everything(order), by=alice, at=now), by=carol, at=now), by=carol, at=now
    )
    payments.refund(order, order.total_minor, reason="made at Stripe", by=carol, at=now)
    with pytest.raises(returns.NothingOwed):
        returns.refund(made, by=carol, at=now)
    refused = returns.refuse(made, ground=Ground.PAID_BACK, by=carol, at=now)
    assert (refused.state, refused.closed_at) == ("refused", now)
    assert "It was paid back before" in mails("return_refused")[0].payload["text"]


def test_each_right_has_grounds_of_its_own(order: Order, alice: User, carol: User, now: datetime) -> None:
    for right, allowed in return_rights.GROUNDS.items():
        made = returns.ask(order, everything(order), by=alice, at=now)
        Return.objects.filter(pk=made.pk).update(right=right)
        assert (Ground.WORN in allowed, Ground.NO_FAULT in allowed) == (right == Right.SHOP, right == Right.FAULT)
        for ground in set(Ground) - set(allowed):
            with pytest.raises(returns.NoGround):
                returns.refuse(made, ground=ground, by=carol, at=now)
        assert returns.refuse(made, ground=allowed[0], answer="Sorry.", by=carol, at=now).state == "refused"


@pytest.mark.prove
def test_taken_back_it_can_be_asked_for_again(order: Order, bobs: Order, alice: User, now: datetime) -> None:
    before = picture(bobs)
    made = returns.ask(order, everything(order), by=alice, at=now)
    returns.withdraw(made, by=alice, at=now)
    assert returns.ask(order, everything(order), by=alice, at=now).state == "requested"
    assert picture(bobs) == before


# The pieces


def test_a_stone_is_nobodys_offer_before_somebody_looked_at_it(
    buy: Callable[..., Order], stone: Stone, carol: User, now: datetime
) -> None:
    Certificate.objects.create(stone=stone, lab="GIA", number="2141438171")
    order = delivered(buy(bag_of((stone, 1))), carol, now)
    made = through(returns.ask(order, everything(order), by=order.subject, at=now), carol, now)
    stone.refresh_from_db()
    assert stone.status == "sold"
    assert not SoldCertificate.objects.exists()
    assert Certificate.objects.get().stone_id == stone.pk

    assert [returns.put_back(made, by=carol, at=now) for _ in range(2)] == [1, 0]
    stone.refresh_from_db()
    assert (stone.status, made.lines.get().restocked_at) == ("available", now)


def test_a_part_of_a_line_goes_back_on_the_shelf(
    order: Order, bobs: Order, necklace: Variant, alice: User, carol: User, now: datetime
) -> None:
    line, on_hand = order.lines.get(), lambda: type(necklace.stock).objects.get(pk=necklace.pk).on_hand
    assert on_hand() == 2
    for expected in (3, 4):
        made = returns.ask(order, {line.pk: 1}, by=alice, at=now)
        with pytest.raises(states.NotAllowed):
            returns.put_back(made, by=carol, at=now)
        through(made, carol, now)
        returns.put_back(made, by=carol, at=now)
        assert on_hand() == expected
    assert ReturnLine.objects.filter(parent__order=bobs, restocked_at__isnull=False).count() == 0


# On the pages


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
