"""The rules of the road: keys, idempotency, unknown and missing parameters, ids of requests."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from dev.stripe import parameters
from dev.stripe.errors import ApiError

from .conftest import Double, session_params


def test_a_wrong_key_is_told_so_without_being_repeated(double: Double):
    stranger = stripe.StripeClient("sk_test_somebody_elses_key", base_addresses={"api": double.url})

    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided") as refusal:
        stranger.v1.events.list()
    assert refusal.value.http_status == 401
    assert "somebody_elses" not in str(refusal.value)


def test_the_same_key_and_parameters_get_the_same_answer_marked_as_replayed(double: Double):
    params = session_params()

    first = double.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1"})
    again = double.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1"})

    assert again.id == first.id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert again.last_response.request_id != first.last_response.request_id
    assert len(double.client.v1.checkout.sessions.list().data) == 1


def test_the_same_key_with_other_parameters_is_an_idempotency_error(double: Double):
    double.client.v1.checkout.sessions.create(session_params(), {"idempotency_key": "order-1"})

    with pytest.raises(stripe.IdempotencyError, match="same parameters they were first used with") as refusal:
        double.client.v1.checkout.sessions.create(
            {**session_params(), "client_reference_id": "LP-OTHER"}, {"idempotency_key": "order-1"}
        )
    assert refusal.value.http_status == 400


def test_the_same_key_on_another_endpoint_is_an_idempotency_error(double: Double):
    session = double.client.v1.checkout.sessions.create(session_params(), {"idempotency_key": "order-1"})

    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        double.client.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "order-1"})


def test_a_refusal_is_replayed_too_but_a_malformed_request_is_not_remembered(double: Double):
    intent = double.paid().payment_intent
    too_much = {"payment_intent": intent, "amount": 125001}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as refusal:
            double.client.v1.refunds.create(too_much, {"idempotency_key": "refund-1"})
    assert refusal.value.headers["Idempotent-Replayed"] == "true"

    with pytest.raises(stripe.InvalidRequestError):
        double.client.v1.refunds.create({"payment_intent": intent, "amout": 5}, {"idempotency_key": "refund-2"})
    assert (
        double.client.v1.refunds.create({"payment_intent": intent, "amount": 5}, {"idempotency_key": "refund-2"}).amount
        == 5
    )


def test_a_key_in_use_answers_conflict(double: Double):
    double.lever("delay?seconds=0.5")
    params, made = session_params(), []

    def create() -> None:
        made.append(double.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1"}).id)

    first = threading.Thread(target=create)
    first.start()
    time.sleep(0.2)
    with pytest.raises(stripe.StripeError) as refusal:
        double.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1"})
    first.join()

    assert refusal.value.http_status == 409
    assert refusal.value.json_body["error"]["code"] == "idempotency_key_in_use"
    double.lever("delay?seconds=0")
    assert double.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1"}).id == made[0]


def test_keys_outlive_a_restart(start, double: Double):
    params = session_params()
    first = double.client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1"})
    start.stop()

    again = start().client.v1.checkout.sessions.create(params, {"idempotency_key": "order-1"})

    assert again.id == first.id


UNIT_AMOUNT = "line_items[0][price_data][unit_amount]"


def _line(**changes: Any) -> dict[str, Any]:
    line = session_params()["line_items"][0]
    return {**line, "price_data": {**line["price_data"], **changes}}


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"line_items": [_line(engraving="For ever")]}, "parameter_unknown", "line_items[0][price_data][engraving]"),
        ({"mode": "gift"}, None, "mode"),
        (
            {"line_items": [_line(unit_amount="a lot")]},
            "parameter_invalid_integer",
            UNIT_AMOUNT,
        ),
        ({"line_items": [_line(unit_amount=20)]}, "amount_too_small", None),
        ({"line_items": [_line(unit_amount=-20)]}, None, UNIT_AMOUNT),
        ({"line_items": []}, "parameter_missing", "line_items"),
        ({"customer_email": "nobody"}, "email_invalid", "customer_email"),
        ({"customer_email": ""}, "parameter_invalid_empty", "customer_email"),
        ({"success_url": "javascript:alert(1)"}, "url_invalid", "success_url"),
        ({"metadata": {"order": "x" * 501}}, None, "metadata"),
        ({"allow_promotion_codes": True}, None, "allow_promotion_codes"),
        ({"mode": "subscription"}, None, "mode"),
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ({"allowed_payment_method_types": ["klarna"]}, None, "allowed_payment_method_types"),
    ],
)
def test_what_stripe_would_refuse_is_refused(
    double: Double, changes: dict[str, Any], code: str | None, param: str | None
):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        double.open(**changes)

    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, code, param)
    assert refusal.value.request_id.startswith("req_")
    assert double.client.v1.checkout.sessions.list().data == []


def _line_without(name: str) -> dict[str, Any]:
    line = _line()
    del (line if name == "price_data" else line["price_data"])[name]
    return line


@pytest.mark.parametrize(
    ("name", "param"),
    [
        ("price_data", "line_items[0][price_data]"),
        ("unit_amount", UNIT_AMOUNT),
        ("currency", "line_items[0][price_data][currency]"),
        ("product_data", "line_items[0][price_data][product_data][name]"),
    ],
)
def test_a_line_that_does_not_say_what_it_costs_is_refused(double: Double, name: str, param: str):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        double.open(line_items=[_line_without(name)])
    assert (refusal.value.code, refusal.value.param) == ("parameter_missing", param)


WORDS = [
    "mode",
    "line_items",
    "price_data",
    "metadata",
    "expand",
    "amount",
    "0",
    "1",
    "",
    "x",
    "automatic_tax",
    "limit",
]
FORMS = strategies.lists(
    strategies.tuples(
        strategies.lists(strategies.sampled_from(WORDS), min_size=1, max_size=5),
        strategies.sampled_from(["", "payment", "true", "1", "-1", "9" * 40, "é\0", "payment_intent", "data.x"]),
    ),
    max_size=8,
)


@hypothesis_settings(max_examples=500, deadline=None)
@given(operation=strategies.sampled_from(sorted(parameters._SCHEMA["requests"])), form=FORMS)
def test_whatever_a_form_holds_it_is_understood_or_refused(operation: str, form: list[tuple[list[str], str]]):
    pairs = [(names[0] + "".join(f"[{name}]" for name in names[1:]), value) for names, value in form]
    with suppress(ApiError):
        params = parameters.decode(urlencode(pairs), operation=operation)
        assert set(params) <= set(parameters._SCHEMA["requests"][operation]["properties"])


@pytest.mark.parametrize("name", ["line_items", "success_url", "mode"])
def test_a_parameter_that_is_missing_is_named(double: Double, name: str):
    params = session_params()
    del params[name]

    with pytest.raises(stripe.InvalidRequestError, match=f"Missing required param: {name}") as refusal:
        double.client.v1.checkout.sessions.create(params)
    assert (refusal.value.code, refusal.value.param) == ("parameter_missing", name)


def test_an_object_that_does_not_exist_is_missing(double: Double):
    calls = (
        double.client.v1.checkout.sessions.retrieve,
        double.client.v1.payment_intents.retrieve,
        double.client.v1.charges.retrieve,
        double.client.v1.refunds.retrieve,
        double.client.v1.events.retrieve,
    )
    for call in calls:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            call("nothing_here")
        assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_an_address_or_an_expansion_that_does_not_exist_is_refused(double: Double):
    session = double.open()

    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        double.client.v1.products.list()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        double.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer_email"]})
