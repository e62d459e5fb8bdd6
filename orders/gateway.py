"""Stripe, as this shop uses it: the only module that imports its SDK.

Thin typed functions, one call each, never inside a transaction. What leaves for Stripe is an order's reference, its total
and the addresses to come back to, and nothing about the person or the pieces: Stripe's declaration is the whole list, and a
parameter that it does not name stops the call before anything is sent. The customer types card and e-mail on Stripe's own page.
Every call leaves a row that says whom it was about, so each is made inside `concerning`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import stripe
from django.conf import settings

from orders.models import Payment
from privacy.ground import audit
from privacy.register import disclosures
from privacy.register.vocabulary import Purpose

ANSWER_WITHIN_SECONDS: Final = (3.05, 10)
RETRIES: Final = 2

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # below, it logs addresses with the ids of payment pages


class Unavailable(Exception):
    """Stripe could not be reached, or said to come back later: nothing is known about the call. Repeat it."""


class Refused(Exception):
    """Stripe understood and said no. `code` and `param` are Stripe's words for why, where it has any."""

    def __init__(self, code: str, param: str) -> None:
        super().__init__(code or param or "refused")
        self.code = code
        self.param = param


class BadSignature(Exception):
    """A webhook that Stripe did not sign, or signed too long ago, or that is not an event."""


@dataclass(frozen=True, slots=True)
class Card:
    """What Stripe tells of the card that paid. `expiry` is year and month, `2029-04`."""

    brand: str
    last4: str
    expiry: str


@dataclass(frozen=True, slots=True)
class Session:
    """A Checkout Session as it stands. *status*: open, complete or expired; *payment_id* is empty before a first try."""

    id: str
    url: str
    status: str
    is_paid: bool
    amount_minor: int
    currency: str
    order_reference: str
    payment_id: str
    card: Card | None


@dataclass(frozen=True, slots=True)
class RefundDone:
    """A refund at Stripe. *reference* is ours; empty for one made in Stripe's dashboard."""

    id: str
    amount_minor: int
    status: str
    reference: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A card holder's claim. *Source* of the ended states: https://docs.stripe.com/api/disputes/object"""

    id: str
    status: str
    made_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether the bank has still to decide."""
        return self.status not in {"won", "lost", "warning_closed", "prevented"}


@dataclass(frozen=True, slots=True)
class Event:
    """A verified webhook: what kind, and whom it concerns by reference. The rest is asked for, not believed."""

    id: str
    kind: str
    order_reference: str
    payment_id: str


@contextmanager
def concerning(payment: Payment, *, by: audit.Actor, at: datetime) -> Iterator[None]:
    """Say about whose payment Stripe is asked by the calls within."""
    order = payment.order
    with disclosures.occasion(subject_id=order.subject_id, reference=order.reference, by=by, at=at):
        yield


def create_session(
    reference: str,
    *,
    amount_minor: int,
    currency: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    idempotency_key: str,
) -> Session:
    """Open a hosted payment page for an order. *Raises* Unavailable, Refused."""
    with _errors():
        made = _client().v1.checkout.sessions.create(
            {
                "mode": "payment",
                "allowed_payment_method_types": ["card"],
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": currency.lower(),
                            "unit_amount": amount_minor,
                            "product_data": {"name": f"Order {reference}"},
                        },
                    }
                ],
                "client_reference_id": reference,
                "metadata": {"order": reference},
                "payment_intent_data": {"metadata": {"order": reference}},
                "success_url": success_url,
                "cancel_url": cancel_url,
                "expires_at": int(expires_at.timestamp()),
            },
            {"idempotency_key": idempotency_key},
        )
    return _session(made)


def retrieve_session(session_id: str) -> Session:
    """The session as it stands now, with the card that paid. *Raises* Unavailable, Refused."""
    with _errors():
        found = _client().v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    return _session(found)


def expire_session(session_id: str) -> Session:
    """Close a session to payment. *Raises* Refused where it is complete or expired already; Unavailable."""
    with _errors():
        return _session(_client().v1.checkout.sessions.expire(session_id))


def refund(payment_id: str, *, amount_minor: int, order_reference: str, reference: str) -> RefundDone:
    """Give back a part of a payment; *reference* names this refund, and makes a repeated call harmless."""
    with _errors():
        made = _client().v1.refunds.create(
            {
                "payment_intent": payment_id,
                "amount": amount_minor,
                "metadata": {"order": order_reference, "refund": reference},
            },
            {"idempotency_key": f"refund:{reference}"},
        )
    return _refund(made)


def refunds(payment_id: str) -> list[RefundDone]:
    """Every refund of a payment, those made in Stripe's dashboard too. *Raises* Unavailable, Refused."""
    with _errors():
        found = _client().v1.refunds.list({"payment_intent": payment_id, "limit": 100})
        return [_refund(refund) for refund in found.auto_paging_iter()]


def disputes(payment_id: str) -> list[Dispute]:
    """Every dispute about a payment, decided ones too. *Raises* Unavailable, Refused."""
    with _errors():
        found = _client().v1.disputes.list({"payment_intent": payment_id, "limit": 100})
        return [
            Dispute(id=dispute.id, status=dispute.status, made_at=datetime.fromtimestamp(dispute.created, tz=UTC))
            for dispute in found.auto_paging_iter()
        ]


def verify_webhook(raw: bytes, signature: str) -> Event:
    """The event in a webhook's raw body. *Raises* BadSignature. *Source*: https://docs.stripe.com/webhooks/signature"""
    try:
        event = _client().construct_event(raw, signature, settings.STRIPE_WEBHOOK_SECRET)
        concerned = event.data.object.to_dict()
    except (stripe.SignatureVerificationError, ValueError, AttributeError, KeyError) as error:
        raise BadSignature(type(error).__name__) from error
    metadata = concerned.get("metadata") or {}
    is_intent = concerned.get("object") == "payment_intent"
    return Event(
        id=event.id,
        kind=event.type,
        order_reference=str(metadata.get("order") or concerned.get("client_reference_id") or ""),
        payment_id=str(concerned.get("id" if is_intent else "payment_intent") or ""),
    )


# Inside


class _Guarded(stripe.RequestsClient):
    """The last metre: every request of the SDK passes here, whatever made it, and is written down before it leaves."""

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **usage: Any) -> Any:
        sent = parse_qsl(str(post_data or ""), keep_blank_values=True) + parse_qsl(urlsplit(url).query)
        about = disclosures.current()
        disclosures.record(
            "stripe",
            subject_id=about.subject_id,
            keys=(name for name, _ in sent),
            purpose=Purpose.PAYMENT,
            host=disclosures.address("stripe", url),
            reference=about.reference,
            by=about.by,
            at=about.at,
        )
        return super().request(method, url, headers, post_data, **usage)


@cache
def _connect(key: str, address: str) -> stripe.StripeClient:
    transport = _Guarded(timeout=ANSWER_WITHIN_SECONDS)
    return stripe.StripeClient(key, base_addresses={"api": address}, http_client=transport, max_network_retries=RETRIES)


def _client() -> stripe.StripeClient:
    return _connect(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE.rstrip("/"))


@contextmanager
def _errors() -> Iterator[None]:
    """The SDK's errors as ours. Only what is certain counts as refused."""
    try:
        yield
    except stripe.IdempotencyError as error:
        raise Refused("idempotency_error", "") from error
    except stripe.InvalidRequestError as error:
        raise Refused(error.code or "", error.param or "") from error
    except stripe.StripeError as error:
        raise Unavailable(type(error).__name__) from error


def _session(found: stripe.checkout.Session) -> Session:
    intent = found.payment_intent
    return Session(
        id=found.id,
        url=found.url or "",
        status=found.status or "",
        is_paid=found.payment_status == "paid",
        amount_minor=found.amount_total or 0,
        currency=(found.currency or "").upper(),
        order_reference=found.client_reference_id or "",
        payment_id=intent if isinstance(intent, str) else intent.id if intent else "",
        card=None if intent is None or isinstance(intent, str) else _card(intent.latest_charge),
    )


def _card(charge: str | stripe.Charge | None) -> Card | None:
    if charge is None or isinstance(charge, str) or not charge.payment_method_details:
        return None
    card = charge.payment_method_details.card if charge.payment_method_details.type == "card" else None
    if card is None:
        return None
    return Card(brand=card.brand or "", last4=card.last4 or "", expiry=f"{card.exp_year:04d}-{card.exp_month:02d}")


def _refund(made: stripe.Refund) -> RefundDone:
    metadata = made.metadata.to_dict() if made.metadata else {}
    return RefundDone(
        id=made.id,
        amount_minor=made.amount,
        status=made.status or "",
        reference=str(metadata.get("refund", "")),
        made_at=datetime.fromtimestamp(made.created, tz=UTC),
    )
