"""Charges and what hangs on one (errors, refunds, disputes), with every field of the API version, as in ``objects``."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from . import objects
from .cards import Card
from .store import Json


def new_charge(intent: Json, card: Card, *, email: str | None, at: int) -> Json:
    """The charge of a card attempt; ``status`` says succeeded or, for a card that is declined, failed."""
    declined = card.decline_code is not None
    manual = intent["capture_method"] == "manual"
    captured = not declined and not manual
    return {
        "id": objects.new_id("charge"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": objects.no_address(),
            "email": email,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
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
        "payment_method": objects.new_id("payment_method"),
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
        "id": objects.new_id("refund"),
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
        "id": objects.new_id("dispute"),
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
