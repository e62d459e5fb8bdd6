"""Sessions: made, paid, declined, confirmed by a bank, expired; driven by Stripe's own SDK and a browser's forms."""

from __future__ import annotations

import threading
import time

import pytest
import stripe

from .conftest import Double, fetch, session_params, submit

SUCCESS, DECLINED, NO_FUNDS, BANK = "4242424242424242", "4000000000000002", "4000000000009995", "4000002500003155"


def test_a_new_session_is_open_and_says_what_is_to_be_paid(double: Double):
    session = double.open()

    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (125000, "usd")
    assert session.client_reference_id == session.metadata["order"] == "LP-7F3K-92QD"
    assert session.url == f"{double.url}/c/pay/{session.id}"
    assert session.last_response.headers["Stripe-Version"] == stripe.api_version


def test_a_payment_completes_the_session_and_leads_back_to_the_shop(double: Double):
    session = double.open()

    status, _body, location = submit(session.url, {"card": SUCCESS})

    assert (status, location) == (303, f"http://127.0.0.1:8000/checkout/return/?session={session.id}")
    paid = double.client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.email == "alice@example.com"
    assert [(line.description, line.amount_total) for line in paid.line_items.data] == [("Order LP-7F3K-92QD", 125000)]
    intent = paid.payment_intent
    assert (intent.status, intent.amount_received, intent.metadata["order"]) == ("succeeded", 125000, "LP-7F3K-92QD")
    card = intent.latest_charge.payment_method_details.card
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 12, 2034)


@pytest.mark.parametrize(
    ("card", "code", "message"),
    [
        (DECLINED, "generic_decline", "Your card was declined."),
        (NO_FUNDS, "insufficient_funds", "Your card has insufficient funds."),
    ],
)
def test_a_declined_card_leaves_the_session_open_for_another(double: Double, card: str, code: str, message: str):
    session = double.open()

    status, body, _location = submit(session.url, {"card": card})

    assert status == 402
    assert message in body
    unpaid = double.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (unpaid.status, unpaid.payment_status) == ("open", "unpaid")
    assert unpaid.payment_intent.last_payment_error.decline_code == code
    assert submit(session.url, {"card": SUCCESS})[0] == 303
    assert double.client.v1.payment_intents.retrieve(unpaid.payment_intent.id).amount_received == 125000


def test_three_d_secure_asks_the_bank_which_may_refuse_and_then_authorise(double: Double):
    session = double.open()

    status, _body, bank = submit(session.url, {"card": BANK})
    assert (status, bank.startswith("/c/3ds/pi_")) == (303, True)
    assert "Authorise the payment" in fetch(double.url + bank)[1]

    status, body, _location = submit(double.url + bank, {"answer": "fail"})
    assert status == 402
    assert "unable to authenticate" in body
    assert double.client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"

    _status, _body, bank = submit(session.url, {"card": BANK})
    status, _body, location = submit(double.url + bank, {"answer": "authorise"})
    assert (status, location) == (303, f"http://127.0.0.1:8000/checkout/return/?session={session.id}")
    assert double.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_ten_clicks_on_pay_charge_once(double: Double):
    session = double.open()
    answers: list[int] = []
    clicks = [
        threading.Thread(target=lambda: answers.append(submit(session.url, {"card": SUCCESS})[0])) for _ in range(10)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert answers == [303] * 10
    paid = double.client.v1.checkout.sessions.retrieve(session.id)
    charges = double.client.v1.charges.list({"payment_intent": paid.payment_intent})
    assert [(charge.amount, charge.status) for charge in charges.data] == [(125000, "succeeded")]
    assert len(double.shop.wait_for("checkout.session.completed")) == 1


def test_the_page_needs_no_script_and_says_it_is_a_test(double: Double):
    page = fetch(double.open().url)[1]

    assert "<script" not in page
    assert "Test payment." in page
    assert "$1,250.00" in page
    assert "Order LP-7F3K-92QD" in page
    assert 'href="http://127.0.0.1:8000/bag/"' in page
    assert all(number in page for number in (SUCCESS, DECLINED, NO_FUNDS, BANK))


def test_a_number_that_is_no_test_card_is_refused_and_never_kept(double: Double, tmp_path):
    session = double.open()

    status, body, _location = submit(session.url, {"card": "4111111111111111"})

    assert status == 400
    assert "Choose one of the test cards." in body
    assert b"4111111111111111" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_what_a_line_says_is_escaped_on_the_page(double: Double):
    params = session_params()
    params["line_items"][0]["price_data"]["product_data"]["name"] = "<b>Order</b>"

    page = fetch(double.client.v1.checkout.sessions.create(params).url)[1]

    assert "&lt;b&gt;Order&lt;/b&gt;" in page
    assert "<b>Order" not in page


def test_an_expired_session_cannot_be_paid_and_says_so(double: Double):
    session = double.open()
    submit(session.url, {"card": DECLINED})

    expired = double.client.v1.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    assert double.client.v1.payment_intents.retrieve(expired.payment_intent).status == "canceled"
    status, body, _location = submit(session.url, {"card": SUCCESS})
    assert status == 410
    assert "This payment page has expired" in body
    with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
        double.client.v1.checkout.sessions.expire(session.id)
    assert double.shop.wait_for("checkout.session.expired")[0]["data"]["object"]["id"] == session.id


def test_a_paid_session_cannot_be_expired(double: Double):
    session = double.paid()

    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
        double.client.v1.checkout.sessions.expire(session.id)
    assert "This payment is complete" in fetch(f"{double.url}/c/pay/{session.id}")[1]


def test_time_expires_a_session(double: Double):
    session = double.open()

    double.lever("advance?seconds=1800")
    assert double.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    double.lever("advance?seconds=61")

    assert double.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert double.shop.wait_for("checkout.session.expired")[0]["data"]["object"]["id"] == session.id


@pytest.mark.parametrize(
    ("seconds", "message"),
    [(29 * 60, "at least 30 minutes"), (24 * 3600 + 60, "less than 24 hours")],
)
def test_a_session_lives_between_thirty_minutes_and_a_day(double: Double, seconds: int, message: str):
    with pytest.raises(stripe.InvalidRequestError, match=message) as refusal:
        double.open(expires_at=int(time.time()) + seconds)
    assert refusal.value.param == "expires_at"


def test_sessions_are_listed_newest_first_by_page(double: Double):
    made = [double.open().id for _ in range(5)]

    first = double.client.v1.checkout.sessions.list({"limit": 2})

    assert ([s.id for s in first.data], first.has_more) == ([made[4], made[3]], True)
    assert [session.id for session in first.auto_paging_iter()] == made[::-1]
    before = double.client.v1.checkout.sessions.list({"ending_before": made[1], "limit": 2})
    assert ([s.id for s in before.data], before.has_more) == ([made[3], made[2]], True)
    assert double.client.v1.checkout.sessions.list({"status": "complete"}).data == []
    double.lever(f"pay/{made[2]}")
    paid = double.client.v1.checkout.sessions.list({"customer_details": {"email": "alice@example.com"}})
    assert [session.id for session in paid.data] == [made[2]]


def test_a_restart_keeps_sessions_and_payments(start, double: Double):
    unpaid, paid = double.open(), double.paid()
    start.stop()

    again = start()

    assert again.client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"
    again.lever(f"pay/{unpaid.id}")
    assert again.client.v1.checkout.sessions.retrieve(unpaid.id).payment_status == "paid"
