"""Buy a necklace: a guest, a bag in a cookie, a hosted payment page, a confirmation, a parcel."""

import re

import pytest

from tests.journeys.people import Person, staff


@pytest.fixture
def guest(new_page, processes):
    return Person(
        new_page(),
        processes,
        email="grace.hopper@example.net",
        full_name="Grace Penhaligon",
        phone="+1 212 555 0177",
        street="31 Quillback Street",
    )


def test_a_guest_buys_a_necklace_and_staff_send_it(guest, new_page, processes):
    guest.open("/")
    assert guest.page.context.cookies() == [], "a first visit keeps nothing"

    reference = guest.buys_a_necklace()

    mail = guest.mail(reference)
    assert guest.full_name.split()[0] in mail.text or reference in mail.text
    guest.page.goto(mail.link("/order/"))
    guest.sees(reference)
    [(state, email)] = processes.query("SELECT state, email FROM orders_order WHERE reference = %s", reference)
    assert (state, email) == ("paid", guest.email)
    [(charged,)] = processes.query(
        "SELECT e.amount_minor FROM orders_paymentevent e JOIN orders_payment p ON p.id = e.payment_id"
        " JOIN orders_order o ON o.id = p.order_id WHERE o.reference = %s AND e.kind = 'captured'",
        reference,
    )
    [(total,)] = processes.query("SELECT total_minor FROM orders_order WHERE reference = %s", reference)
    assert charged == total

    stranger = Person(new_page(), processes)
    stranger.open(f"/order/{reference}/")
    assert guest.full_name not in stranger.page.content()
    assert guest.street not in stranger.page.content()

    otto = staff("order desk", new_page(), processes)
    otto.acts_on("/admin/orders/order/", reference, "Pack")
    otto.acts_on(
        "/admin/orders/order/", reference, "Ship with tracking", carrier="fedex", tracking_number="794612345678"
    )
    [(state,)] = processes.query("SELECT state FROM orders_order WHERE reference = %s", reference)
    assert state == "shipped"
    assert "794612345678" in guest.mail("on its way").text


def test_a_declined_card_loses_nothing_and_the_next_one_pays(guest, processes):
    guest.chooses_a_necklace()
    guest.puts_it_in_the_bag()
    guest.fills_in_the_checkout()
    guest.goes_to_pay()
    if (email := guest.page.get_by_label("E-mail")).count():
        email.fill(guest.email)
    guest.page.get_by_text("4000 0000 0000 0002").click()
    guest.press(re.compile("^Pay"))
    assert "declined" in guest.page.content().lower()
    assert guest.pays().startswith("LP-")


def test_redis_stopped_during_a_checkout_loses_nothing(guest, processes):
    """The page answers, the payment counts, and the sweep does what the bell did not."""
    guest.chooses_a_necklace()
    guest.puts_it_in_the_bag()
    processes.broker.stop()
    try:
        guest.fills_in_the_checkout()
        guest.goes_to_pay()
        reference = guest.pays()
    finally:
        processes.broker.ensure()
    assert guest.mail(reference, seconds=90).text
    [(orders,)] = processes.query(
        "SELECT count(*) FROM orders_order WHERE reference = %s AND state = 'paid'", reference
    )
    assert orders == 1
