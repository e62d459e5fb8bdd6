"""The order desk: each verb moves the state, shows its effects, and refuses what the table has not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders import fulfilment, invoices, payments, refunds
from orders.admin import refund_rows
from orders.models import InvoiceCounter, Order, Refund, Shipment
from orders.tests.conftest import Browser, bag_of, mails
from privacy.admin import due as dates
from privacy.ground import states
from privacy.models import AuditEvent
from shop.models import Stone, Variant


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant) -> Order:
    """Two necklaces, paid."""
    return buy(bag_of((necklace, 2)), line2="4th floor", phone="+12125550188")


def kinds() -> list[str]:
    return sorted(mail.kind.removeprefix("orders.") for mail in mails())


def ship(order: Order, by: Any, at: datetime) -> Shipment:
    fulfilment.pack(order, by=by, at=at)
    return fulfilment.ship(order, carrier="ups", tracking_number=" 1Z999AA10123456784 ", by=by, at=at)


def test_an_order_goes_its_whole_way_and_each_step_is_on_record(order: Order, carol: User, now: datetime) -> None:
    shipment = ship(order, carol, now)
    fulfilment.deliver(order, by=carol, at=now + timedelta(days=2))
    order.refresh_from_db()
    shipment.refresh_from_db()
    assert (order.state, order.packed_at, order.completed_at) == ("delivered", now, now + timedelta(days=2))
    assert (shipment.tracking_number, shipment.delivered_at) == ("1Z999AA10123456784", now + timedelta(days=2))
    assert kinds() == ["order_confirmed", "order_delivered", "order_shipped", "payment_received"]
    trail = AuditEvent.objects.filter(object_ref=order.reference, event__startswith="order.").order_by("at", "id")
    desk = f"staff:{carol.pk}"
    assert [(event.event, event.actor) for event in trail] == [
        ("order.paid", "stripe"),
        ("order.packed", desk),
        ("order.shipped", desk),
        ("order.delivered", desk),
    ]


def test_the_confirmation_says_what_where_and_how_much_and_opens_the_order(order: Order, browser: Browser) -> None:
    payload = mails("order_confirmed")[0].payload
    assert payload["to"] == "gwen@example.com"
    for words in ("Solitaire necklace", "$2,500.00", "$2,600.00", "4th floor", order.reference, order.invoice_number):
        assert words in payload["text"]
        assert words in payload["html"]
    link = next(word for word in payload["text"].split() if "/order/" in word)
    page = browser.get(link.removeprefix("http://127.0.0.1:8000"))
    assert (page.status_code, "12 Bezel Street" in page.text) == (200, True)


@pytest.mark.parametrize("verb", ["ship", "deliver"])
def test_a_step_too_many_is_refused_and_changes_nothing(order: Order, carol: User, now: datetime, verb: str) -> None:
    verbs = {
        "ship": lambda: fulfilment.ship(order, carrier="ups", tracking_number="1Z", by=carol, at=now),
        "deliver": lambda: fulfilment.deliver(order, by=carol, at=now),
    }
    with pytest.raises(states.NotAllowed):
        verbs[verb]()
    order.refresh_from_db()
    assert (order.state, kinds(), Shipment.objects.count()) == ("paid", ["order_confirmed", "payment_received"], 0)


def test_of_two_desks_the_second_is_told(order: Order, carol: User, now: datetime) -> None:
    stale = Order.objects.get(pk=order.pk)
    fulfilment.pack(order, by=carol, at=now)
    with pytest.raises(states.Changed):
        fulfilment.pack(stale, by=carol, at=now)


def test_no_parcel_leaves_without_a_tracking_number(order: Order, carol: User, now: datetime) -> None:
    fulfilment.pack(order, by=carol, at=now)
    with pytest.raises(fulfilment.NoTracking):
        fulfilment.ship(order, carrier="ups", tracking_number="  ", by=carol, at=now)


def test_cancelling_puts_the_stock_back_and_promises_everything_back(
    order: Order, carol: User, necklace: Variant, now: datetime
) -> None:
    fulfilment.cancel(order, reason="the stone is flawed", by=carol, at=now)
    necklace.stock.refresh_from_db()
    order.refresh_from_db()
    assert (order.state, order.cancelled_at, order.completed_at) == ("cancelled", now, now)
    assert (necklace.stock.on_hand, necklace.stock.reserved) == (5, 0)
    assert (order.payment.refunds.get().amount_minor, payments.refundable(order)) == (order.total_minor, 0)
    assert "$2,600.00" in mails("order_cancelled")[0].payload["text"]


def test_a_one_off_stone_comes_back_on_sale_when_its_order_is_cancelled(
    buy: Callable[..., Order], stone: Stone, carol: User, now: datetime
) -> None:
    order = buy(bag_of((stone, 1)))
    stone.refresh_from_db()
    assert stone.status == "sold"
    fulfilment.cancel(order, reason="changed my mind", by=carol, at=now)
    stone.refresh_from_db()
    assert stone.status == "available"


def test_a_part_goes_back_and_then_the_rest_and_never_more(order: Order, carol: User, now: datetime) -> None:
    ship(order, carol, now)
    fulfilment.refund(order, amount_minor=10_000, reason="late", by=carol, at=now)
    assert (order.state, payments.refundable(order)) == ("shipped", 250_000)
    with pytest.raises(refunds.TooMuch):
        fulfilment.refund(order, amount_minor=250_001, reason="late", by=carol, at=now)
    for nothing in (0, -1):
        with pytest.raises(refunds.TooMuch):
            fulfilment.refund(order, amount_minor=nothing, reason="late", by=carol, at=now)
    fulfilment.refund(order, amount_minor=250_000, reason="returned", by=carol, at=now)
    order.refresh_from_db()
    assert (order.state, order.completed_at, payments.refundable(order)) == ("refunded", now, 0)
    assert kinds() == ["order_confirmed", "order_refunded", "order_refunded", "order_shipped", "payment_received"]


def test_an_order_that_has_not_left_is_cancelled_not_refunded_whole(order: Order, carol: User, now: datetime) -> None:
    with pytest.raises(fulfilment.NotYetShipped):
        fulfilment.refund(order, amount_minor=order.total_minor, reason="x", by=carol, at=now)
    assert not order.payment.refunds.exists()


def test_invoice_numbers_have_no_gaps_even_after_a_payment_that_was_not_recorded(
    buy: Callable[..., Order], begin: Callable[..., Any], necklace: Variant, now: datetime
) -> None:
    first = buy(bag_of((necklace, 1)))
    with transaction.atomic():
        assert invoices.next_number(at=now) == f"LI-{now:%Y}-000002"
        transaction.set_rollback(True)
    second = buy(bag_of((necklace, 1)))
    assert [first.invoice_number, second.invoice_number] == [f"LI-{now:%Y}-000001", f"LI-{now:%Y}-000002"]
    assert InvoiceCounter.objects.get().last == 2


@pytest.mark.django_db(transaction=True)
def test_an_invoice_number_is_only_given_inside_the_transaction_that_uses_it(now: datetime) -> None:
    with pytest.raises(invoices.NotInTransaction):
        invoices.next_number(at=now)


# In the admin


@pytest.fixture
def desk(carol: User) -> Browser:
    """Carol at the order desk."""
    wanted = ["view_order", "fulfil_order", "refund_order", "view_orderline", "view_shipment", "view_payment"]
    wanted += [
        "view_paymentevent",
        "view_refund",
        "view_webhookevent",
        "see_order",
        "see_delivery",
        "see_payment",
        "see_tax",
    ]
    carol.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    browser = Browser()
    browser.force_login(carol)
    browser.get("/admin/")
    return browser


def act(desk: Browser, order: Order, name: str, **fields: object) -> Any:
    """Fill in one of the desk's forms, with the token its page carries."""
    path = f"/admin/orders/order/{order.pk}/{name}/"
    page = desk.get(path)
    assert page.status_code in (200, 302)
    token = page.context["csrf_token"] if page.context else ""
    return desk.post(path, {**fields, "csrfmiddlewaretoken": str(token)})


def test_the_desk_packs_ships_delivers_and_refunds_by_forms(desk: Browser, order: Order) -> None:
    assert act(desk, order, "pack").status_code == 302
    assert act(desk, order, "ship", carrier="dhl", tracking_number="JD0123").status_code == 302
    assert act(desk, order, "refund", amount="26.00", reason="scratched box").status_code == 302
    assert act(desk, order, "deliver").status_code == 302
    order.refresh_from_db()
    assert (order.state, order.shipment.get_carrier_display()) == ("delivered", "DHL Express")
    assert order.payment.refunds.get().amount_minor == 2_600


def test_the_page_of_an_order_says_what_went_back_when_by_whom_and_how_far_it_is(
    desk: Browser, order: Order, carol: User, now: datetime
) -> None:
    page = f"/admin/orders/order/{order.pk}/change/"
    assert "Money back" not in desk.get(page).text
    ship(order, carol, now)
    fulfilment.refund(order, amount_minor=10_000, reason="scratched box", by=carol, at=now)
    fulfilment.refund(order, amount_minor=2_600, reason="late", by=order.subject, at=now + timedelta(minutes=1))
    first, second = order.payment.refunds.order_by("requested_at")
    order.payment.refunds.filter(pk=first.pk).update(state="done", done_at=now + timedelta(hours=1), gateway_id="re_1")
    payments.refund(order, 400, reason="", by="stripe", at=now + timedelta(minutes=2))
    told = refund_rows.table(order)
    assert told is not None
    assert [row[0] for row in told["rows"]] == ["$4.00", "$26.00", "$100.00"]
    assert [row[2] for row in told["rows"]] == ["stripe", "the customer", f"staff:{carol.pk}"]
    assert [row[3] for row in told["rows"]] == [
        "Waiting for the worker",
        "Waiting for the worker",
        f"Paid back {dates.moment(now + timedelta(hours=1))}",
    ]
    shown = desk.get(page).text
    words = ("Money back", "$100.00", dates.moment(now), "Still refundable")
    assert [word in shown for word in words] == [True] * 4
    assert (first.reference in shown, second.reference in shown, "scratched box" in shown) == (False, False, False)


def test_a_refund_that_nobody_promised_here_is_stripes_own(order: Order, now: datetime) -> None:
    Refund.objects.create(
        payment=order.payment,
        reference="RF-1",
        amount_minor=100,
        requested_at=now,
        next_try_at=now,
        reason="made at Stripe",
    )
    told = refund_rows.table(order)
    assert told is not None
    assert told["rows"] == [["$1.00", dates.moment(now), refund_rows.AT_STRIPE, "Waiting for the worker"]]


def test_the_desk_cancels_with_a_reason(desk: Browser, order: Order) -> None:
    assert act(desk, order, "cancel", reason="").status_code == 200
    assert act(desk, order, "cancel", reason="the stone is flawed").status_code == 302
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("cancelled", "the stone is flawed")


@pytest.mark.parametrize("amount", ["", "abc", "0", "-5", "1e9", "2600.01", "NaN", "99999999999999"])
def test_a_wrong_amount_is_told_on_the_form(desk: Browser, order: Order, amount: str) -> None:
    response = act(desk, order, "refund", amount=amount, reason="late")
    assert (response.status_code, bool(response.context["form"].errors)) == (200, True)
    assert payments.refundable(order) == order.total_minor


def test_an_act_that_the_state_does_not_allow_changes_nothing(desk: Browser, order: Order) -> None:
    assert desk.get(f"/admin/orders/order/{order.pk}/deliver/")["Location"] == f"/admin/orders/order/{order.pk}/change/"
    page = desk.get(f"/admin/orders/order/{order.pk}/change/")
    assert [f"/{name}/" in page.text for name in ("pack", "cancel", "refund", "ship", "deliver")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_following_a_link_changes_nothing(desk: Browser, order: Order) -> None:
    for name in ("pack", "cancel", "refund"):
        assert desk.get(f"/admin/orders/order/{order.pk}/{name}/").status_code == 200
    order.refresh_from_db()
    assert order.state == "paid"


def test_an_act_on_no_order_is_not_found(desk: Browser) -> None:
    assert desk.get("/admin/orders/order/11111111-1111-1111-1111-111111111111/pack/").status_code == 404
    assert desk.get("/admin/orders/order/nonsense/pack/").status_code == 404


def test_without_the_permission_there_is_no_act(desk: Browser, carol: User, order: Order) -> None:
    carol.user_permissions.remove(*Permission.objects.filter(codename__in=["fulfil_order", "refund_order"]))
    for name in ("pack", "refund"):
        assert desk.get(f"/admin/orders/order/{order.pk}/{name}/").status_code == 403


def test_evidence_has_no_form_no_adding_and_no_deleting(desk: Browser, order: Order) -> None:
    for path in ("orders/order", "orders/payment", "orders/webhookevent"):
        assert desk.get(f"/admin/{path}/").status_code == 200
        assert desk.get(f"/admin/{path}/add/").status_code == 403
    assert desk.get(f"/admin/orders/order/{order.pk}/delete/").status_code == 403
    page = desk.get(f"/admin/orders/payment/{order.payment.pk}/change/")
    assert (page.status_code, 'name="_save"' in page.text) == (200, False)


def test_the_address_shows_while_the_order_is_in_hand_and_the_list_names_nobody(desk: Browser, order: Order) -> None:
    change = f"/admin/orders/order/{order.pk}/change/"
    assert "12 Bezel Street" in desk.get(change).text
    fulfilment.cancel(order, reason="x", by="system:test", at=order.placed_at)
    assert "12 Bezel Street" not in desk.get(change).text
    assert not any(word in desk.get("/admin/orders/order/").text for word in ("Gwen", "gwen@", "Bezel"))


def test_the_desks_list_asks_as_much_for_thirty_orders_as_for_one(desk: Browser, order: Order) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/admin/orders/order/").status_code == 200
        return len(captured)

    few = queries()
    copies = []
    for number in range(29):
        copy = Order.objects.get(pk=order.pk)
        copy.pk, copy.reference, copy.invoice_number = None, f"LP-2222-22{number:02}", f"LI-2000-{number:06}"
        copy.id, copy.bag_id = Order._meta.pk.default(), Order._meta.pk.default()
        copies.append(copy)
    Order.objects.bulk_create(copies)
    assert queries() == few
