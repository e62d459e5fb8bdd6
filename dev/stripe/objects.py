"""Stripe's objects as this server fills them: every field of the API version, with its value when nothing has happened.

Only shapes live here; what changes them is in ``till``. ``tests/test_schema.py`` holds each against ``schema.json``.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .cards import Card
from .parameters import API_VERSION
from .store import Json

_PREFIXES: Final[Mapping[str, str]] = {
    "checkout.session": "cs_test",
    "payment_intent": "pi",
    "payment_method": "pm",
    "charge": "ch",
    "refund": "re",
    "dispute": "du",
    "event": "evt",
    "item": "li",
    "price": "price",
    "product": "prod",
    "request": "req",
}


def new_id(kind: str) -> str:
    return f"{_PREFIXES[kind]}_{secrets.token_hex(12)}"


def new_session(params: Json, *, lines: Sequence[Json], public_url: str, at: int) -> Json:
    """An open session for these request parameters and line items."""
    ident = new_id("checkout.session")
    total = sum(line["amount_total"] for line in lines)
    return {
        "id": ident,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": at,
        "currency": lines[0]["currency"],
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": params.get("expires_at", at + 24 * 3600),
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{public_url}/c/pay/{ident}",
        "wallet_options": None,
    }


def line_item(params: Json, *, at: int) -> Json:
    """One line of a session, from one of the request's ``line_items`` with its ``price_data``."""
    price_data, quantity = params["price_data"], params.get("quantity", 1)
    currency, unit_amount = price_data["currency"].lower(), price_data["unit_amount"]
    amount = unit_amount * quantity
    return {
        "id": new_id("item"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": currency,
        "description": price_data["product_data"]["name"],
        "metadata": params.get("metadata") or {},
        "price": {
            "id": new_id("price"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": at,
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": new_id("product"),
            "recurring": None,
            "tax_behavior": price_data.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": unit_amount,
            "unit_amount_decimal": str(unit_amount),
        },
        "quantity": quantity,
    }


def new_intent(*, amount: int, currency: str, data: Json, at: int) -> Json:
    """A payment intent without a payment yet; *data* is the session's ``payment_intent_data``."""
    ident = new_id("payment_intent")
    return {
        "id": ident,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": f"{ident}_secret_{secrets.token_hex(12)}",
        "confirmation_method": "automatic",
        "created": at,
        "currency": currency,
        "customer": None,
        "description": data.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": data.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def new_charge(intent: Json, card: Card, *, email: str | None, at: int) -> Json:
    """The charge of a card attempt; ``status`` says succeeded or, for a card that is declined, failed."""
    declined = card.decline_code is not None
    manual = intent["capture_method"] == "manual"
    captured = not declined and not manual
    return {
        "id": new_id("charge"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {"address": _no_address(), "email": email, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "LOCAL TEST",
        "captured": captured,
        "created": at,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": "card_declined" if declined else None,
        "failure_message": card.decline_message,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(card),
        "paid": not declined,
        "payment_intent": intent["id"],
        "payment_method": new_id("payment_method"),
        "payment_method_details": {"type": "card", "card": _card_details(card, intent["amount"])},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed" if declined else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def _card_details(card: Card, amount: int) -> Json:
    authorised = card.decline_code is None
    return {
        "amount_authorized": amount if authorised else None,
        "authorization_code": f"{secrets.randbelow(10**6):06d}" if authorised else None,
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": f"local{card.last4}",
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }


def _outcome(card: Card) -> Json:
    declined = card.decline_code is not None
    return {
        "advice_code": "try_again_later" if declined else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": card.decline_code,
        "risk_level": "normal",
        "seller_message": (
            "The bank did not return any further details with this decline." if declined else "Payment complete."
        ),
        "type": "issuer_declined" if declined else "authorized",
    }


def card_error(card: Card, charge: Json) -> Json:
    """What an intent remembers of a declined attempt (``last_payment_error``)."""
    return {
        "type": "card_error",
        "code": "card_declined",
        "charge": charge["id"],
        "decline_code": card.decline_code,
        "doc_url": "https://docs.stripe.com/error-codes/card-declined",
        "message": card.decline_message,
    }


def authentication_error() -> Json:
    """What an intent remembers of a 3-D Secure confirmation that failed."""
    return {
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://docs.stripe.com/error-codes/payment-intent-authentication-failure",
        "message": (
            "We are unable to authenticate your payment method. Please choose a different payment method and try again."
        ),
    }


def new_refund(charge: Json, *, amount: int, reason: str | None, metadata: Mapping[str, str], at: int) -> Json:
    return {
        "id": new_id("refund"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "destination_details": {
            "type": "card",
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
        },
        "metadata": dict(metadata),
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def new_dispute(charge: Json, *, at: int) -> Json:
    """A card holder's claim that waits for the shop's answer."""
    return {
        "id": new_id("dispute"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": at,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": at + 7 * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "manual",
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": None,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": None,
        "reason": "product_not_received",
        "status": "needs_response",
    }


def new_event(kind: str, body: Json, *, request_id: str | None, idempotency_key: str | None, at: int) -> Json:
    """An event that holds the object as it is now; it does not change when the object does."""
    return {
        "id": new_id("event"),
        "object": "event",
        "api_version": API_VERSION,
        "created": at,
        "data": {"object": copy.deepcopy(body)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": kind,
    }


def customer_details(email: str | None) -> Json:
    return {
        "address": _no_address(),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def list_of(data: Sequence[Json], *, url: str, has_more: bool = False) -> Json:
    return {"object": "list", "data": list(data), "has_more": has_more, "url": url}


def _no_address() -> dict[str, Any]:
    return dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
