"""Every object the server returns fits Stripe's published shape, and the shape can be rebuilt from its source."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import stripe

from dev.stripe import refresh_schema

from .conftest import Double, submit

SCHEMA = json.loads(refresh_schema.SCHEMA_FILE.read_text())


def problems(body: dict[str, Any], kind: str | None = None) -> list[str]:
    """What is wrong with an object, and with every object inside it that has a schema of its own."""
    document = {**SCHEMA, "$ref": f"#/objects/{kind or body['object']}"}
    validator = jsonschema.Draft202012Validator(document)
    return [f"{error.json_path}: {error.message[:160]}" for error in validator.iter_errors(body)]


@pytest.fixture
def lived_in(double: Double) -> Double:
    """A server on which everything has happened once."""
    client = double.client.v1
    for card in ("4242424242424242", "4000000000000002", "4000002500003155"):
        submit(double.open().url, {"card": card})
    waiting = double.open()
    _status, _body, bank = submit(waiting.url, {"card": "4000002500003155"})
    submit(double.url + bank, {"answer": "fail"})
    double.lever(f"expire/{waiting.id}")
    held = double.paid(payment_intent_data={"capture_method": "manual"}).payment_intent
    client.payment_intents.capture(held)
    client.refunds.create({"payment_intent": held, "amount": 100, "reason": "duplicate", "metadata": {"order": "LP-1"}})
    failing = client.refunds.create({"payment_intent": held, "amount": 200})
    double.lever(f"fail-refund/{failing.id}")
    disputed = double.paid().payment_intent
    double.lever(f"close-dispute/{double.lever(f'dispute/{disputed}')['id']}?status=lost")
    client.payment_intents.cancel(double.paid(payment_intent_data={"capture_method": "manual"}).payment_intent)
    return double


def test_every_object_and_every_event_fits_the_published_shape(lived_in: Double):
    kinds = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "event")
    bodies = {kind: lived_in.server.store.newest_first(kind) for kind in kinds}

    assert {kind: len(found) for kind, found in bodies.items() if kind != "event"} == {
        "checkout.session": 7,
        "payment_intent": 7,
        "charge": 5,
        "refund": 2,
        "dispute": 1,
    }
    assert {event["type"] for event in bodies["event"]} == {
        "charge.captured",
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.failed",
        "charge.refunded",
        "charge.succeeded",
        "checkout.session.completed",
        "checkout.session.expired",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "refund.created",
        "refund.failed",
    }
    found = {kind: [problem for body in bodies[kind] for problem in problems(body)] for kind in kinds}
    found["objects in events"] = [p for event in bodies["event"] for p in problems(event["data"]["object"])]
    assert found == {kind: [] for kind in (*kinds, "objects in events")}


def test_expanded_objects_fit_too(lived_in: Double):
    listed = lived_in.client.v1.checkout.sessions.list(
        {"expand": ["data.payment_intent.latest_charge", "data.line_items"], "limit": 100}
    )

    bodies = json.loads(listed.last_response.body)["data"]
    assert sum(isinstance((body["payment_intent"] or {}).get("latest_charge"), dict) for body in bodies) == 5
    assert [problem for body in bodies for problem in problems(body)] == []


def test_refusals_fit_too(double: Double):
    refusals = []
    for call in (
        lambda: double.open(colour="red"),
        lambda: double.client.v1.charges.retrieve("ch_none"),
        lambda: stripe.StripeClient("sk_test_wrong", base_addresses={"api": double.url}).v1.events.list(),
    ):
        with pytest.raises(stripe.StripeError) as refusal:
            call()
        refusals.append(refusal.value.json_body["error"])

    assert [problem for body in refusals for problem in problems(body, "error")] == []


def test_the_check_notices_what_is_wrong(double: Double):
    session = double.paid().to_dict()
    missing = {name: value for name, value in session.items() if name != "payment_status"}

    assert problems(missing) == ["$: 'payment_status' is a required property"]
    assert problems({**session, "amount_total": "1250"})[0].startswith("$.amount_total:")
    assert problems({**session, "status": "finished"})[0].startswith("$.status:")
    assert problems({**session, "colour": "red"})[0].startswith("$: Additional properties are not allowed")


def test_the_schema_is_what_the_installed_sdk_declares_and_stays_small():
    assert refresh_schema.from_sdk() == SCHEMA
    assert SCHEMA["api_version"] == stripe.api_version
    assert refresh_schema.SCHEMA_FILE.stat().st_size <= 300 * 1024


def test_the_published_openapi_file_is_read_the_same_way(tmp_path, capsys):
    thing = {
        "type": "object",
        "required": ["id", "object", "card"],
        "properties": {
            "id": {"type": "string", "maxLength": 5000, "description": "prose"},
            "object": {"type": "string", "enum": ["thing"]},
            "card": {"nullable": True, "anyOf": [{"$ref": "#/components/schemas/card"}]},
            "charge": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/charge"}]},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    names = {refresh_schema._OPENAPI_NAMES.get(name, name) for name in refresh_schema.OBJECTS}
    form = {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": {"amount": {"type": "integer"}}}
        }
    }
    query = [
        {"in": "query", "name": "limit", "schema": {"type": "integer"}},
        {"in": "path", "name": "id", "schema": {"type": "string"}},
    ]
    paths: dict[str, dict[str, Any]] = {}
    for method, path in refresh_schema.REQUESTS:
        paths.setdefault(path, {})[method.lower()] = {"requestBody": {"content": form}, "parameters": query}
    card = {"type": "object", "properties": {"last4": {"type": "string"}}, "required": ["last4"]}
    spec = {
        "info": {"version": "2026-01-01"},
        "paths": paths,
        "components": {"schemas": {**dict.fromkeys(names, thing), "card": card}},
    }
    (tmp_path / "spec3.json").write_text(json.dumps(spec))

    assert refresh_schema.main([str(tmp_path / "spec3.json"), "--output", str(tmp_path / "schema.json")]) == 0

    assert "API version 2026-01-01" in capsys.readouterr().out
    schema = json.loads((tmp_path / "schema.json").read_text())
    assert schema["objects"]["refund"] == {
        "type": "object",
        "required": ["card", "id", "object"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string"},
            "object": {"enum": ["thing"]},
            "card": {
                "anyOf": [
                    {
                        "type": "object",
                        "properties": {"last4": {"type": "string"}},
                        "required": ["last4"],
                        "additionalProperties": False,
                    },
                    {"type": "null"},
                ]
            },
            "charge": {"anyOf": [{"type": "string"}, {"$ref": "#/objects/charge"}]},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    assert schema["requests"]["POST /v1/refunds"]["properties"] == {"amount": {"type": "integer"}}
    assert schema["requests"]["GET /v1/events"]["properties"] == {"limit": {"type": "integer"}}
