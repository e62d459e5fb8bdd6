"""What happens to money here: sessions open, get paid, expire; intents are captured or cancelled; charges refunded.

Each verb is one transaction on the store, and posts its events for ``webhooks`` to deliver. Times are whole seconds of
Unix time, passed in; ``Cause`` says which API request an event came from, nobody's when a shopper or a timer acted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from . import charges, objects, refusals
from .cards import Card, Outcome
from .errors import ApiError, missing_object
from .store import Json, Store

CANCELLABLE: Final = frozenset(
    {"requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"}
)


class NotPayable(Exception):
    """The session is complete or expired; ``status`` says which."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Cause:
    """The API request behind a change, as its events report it."""

    request_id: str | None = None
    idempotency_key: str | None = None


NOBODY: Final = Cause()


class Till:
    """The store's verbs. *post* is told the id of each new event, inside the transaction that made it."""

    def __init__(self, store: Store, *, public_url: str, post: Callable[[str], None]) -> None:
        self._store = store
        self._public_url = public_url
        self._post = post

    # sessions

    def open_session(self, params: Json, *, by: Cause, at: int) -> Json:
        """A hosted Checkout Session for one payment. *Raises* ``ApiError`` as Stripe would."""
        refusals.check_session(params, at=at)
        lines = [objects.line_item(line, at=at) for line in params["line_items"]]
        refusals.check_lines(lines)
        session = objects.new_session(params, lines=lines, public_url=self._public_url, at=at)
        notes: Json = {"line_items": lines, "payment_intent_data": params.get("payment_intent_data", {})}
        with self._store.transaction():
            return self._store.save(session, notes=notes)

    def lines(self, session_id: str) -> list[Json]:
        return list(self._store.notes(session_id).get("line_items", []))

    def expire_session(self, session_id: str, *, by: Cause, at: int) -> Json:
        """Close an open session to payment, and cancel the intent of any attempt made in it."""
        with self._store.transaction():
            session = self.session(session_id)
            if session["status"] != "open":
                raise ApiError(
                    'Only Checkout Sessions with a status in ["open"] can be expired. '
                    f"This Checkout Session has a status of `{session['status']}`."
                )
            if session["payment_intent"]:
                self._cancel(self.intent(session["payment_intent"]), reason="expired", by=by, at=at)
            session.update(status="expired", url=None)
            self._store.save(session)
            self._emit("checkout.session.expired", session, by=by, at=at)
            return session

    def expire_overdue(self, *, at: int) -> int:
        """Expire every open session whose time has come. Returns how many."""
        overdue = self._store.overdue_sessions(at=at)
        for session_id in overdue:
            with self._store.transaction():
                if self.session(session_id)["status"] == "open":
                    self.expire_session(session_id, by=NOBODY, at=at)
        return len(overdue)

    # the shopper on the hosted page

    def pay(self, session_id: str, card: Card, *, email: str | None, at: int) -> Json:
        """Try a card. Returns the session's payment intent, whose ``status`` tells how it went.

        *Raises* ``NotPayable`` unless the session is open: a second click finds it complete and pays nothing.
        """
        with self._store.transaction():
            session = self.session(session_id)
            if session["status"] == "open" and session["expires_at"] <= at:
                session = self.expire_session(session_id, by=NOBODY, at=at)
            if session["status"] == "open":
                return self._attempt(session, card, email=email, at=at)
        raise NotPayable(str(session["status"]))

    def _attempt(self, session: Json, card: Card, *, email: str | None, at: int) -> Json:
        intent = self._intent_of(session, at=at)
        self._store.save(session, notes={**self._store.notes(session["id"]), "email": email, "card": card.number})
        if card.outcome is Outcome.DECLINED:
            return self._decline(intent, card, email=email, at=at)
        if card.outcome is Outcome.ASKS_THE_BANK:
            url = f"{self._public_url}/c/3ds/{intent['id']}"
            intent.update(
                status="requires_action",
                last_payment_error=None,
                next_action={"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}},
            )
            self._store.save(intent)
            self._emit("payment_intent.requires_action", intent, by=NOBODY, at=at)
            return intent
        return self._succeed(session, intent, card, email=email, at=at)

    def authenticate(self, intent_id: str, card: Card, *, authorised: bool, at: int) -> Json:
        """The bank's answer to a 3-D Secure question. *Raises* ``NotPayable`` when no answer is awaited any more."""
        with self._store.transaction():
            intent = self.intent(intent_id)
            session = self.session_of(intent_id)
            if session["status"] != "open" or intent["status"] != "requires_action":
                raise NotPayable(str(session["status"]))
            intent["next_action"] = None
            if authorised:
                email = self._store.notes(session["id"]).get("email")
                return self._succeed(session, intent, card, email=email, at=at)
            intent.update(status="requires_payment_method", last_payment_error=charges.authentication_error())
            self._store.save(intent)
            self._emit("payment_intent.payment_failed", intent, by=NOBODY, at=at)
            return intent

    def _intent_of(self, session: Json, *, at: int) -> Json:
        """The session's intent; made at the first attempt, as Stripe does."""
        if session["payment_intent"]:
            return self.intent(session["payment_intent"])
        data = self._store.notes(session["id"])["payment_intent_data"]
        intent = objects.new_intent(amount=session["amount_total"], currency=session["currency"], data=data, at=at)
        session["payment_intent"] = intent["id"]
        self._store.save(intent, notes={"session": session["id"]})
        self._store.save(session)
        self._emit("payment_intent.created", intent, by=NOBODY, at=at)
        return intent

    def _decline(self, intent: Json, card: Card, *, email: str | None, at: int) -> Json:
        charge = self._store.save(charges.new_charge(intent, card, email=email, at=at))
        intent.update(
            status="requires_payment_method",
            latest_charge=charge["id"],
            last_payment_error=charges.card_error(card, charge),
            next_action=None,
        )
        self._store.save(intent)
        self._emit("charge.failed", charge, by=NOBODY, at=at)
        self._emit("payment_intent.payment_failed", intent, by=NOBODY, at=at)
        return intent

    def _succeed(self, session: Json, intent: Json, card: Card, *, email: str | None, at: int) -> Json:
        charge = self._store.save(charges.new_charge(intent, card, email=email, at=at))
        captured = bool(charge["captured"])
        intent.update(
            status="succeeded" if captured else "requires_capture",
            amount_capturable=0 if captured else intent["amount"],
            amount_received=intent["amount"] if captured else 0,
            latest_charge=charge["id"],
            payment_method=charge["payment_method"],
            last_payment_error=None,
            next_action=None,
        )
        self._store.save(intent)
        session.update(
            status="complete",
            payment_status="paid" if captured else "unpaid",
            customer_details=objects.customer_details(email),
            url=None,
        )
        self._store.save(session)
        self._emit("charge.succeeded", charge, by=NOBODY, at=at)
        event = "payment_intent.succeeded" if captured else "payment_intent.amount_capturable_updated"
        self._emit(event, intent, by=NOBODY, at=at)
        self._emit("checkout.session.completed", session, by=NOBODY, at=at)
        return intent

    # intents and refunds

    def cancel_intent(self, intent_id: str, *, reason: str | None, by: Cause, at: int) -> Json:
        with self._store.transaction():
            intent = self.intent(intent_id)
            if intent["status"] not in CANCELLABLE:
                raise _wrong_state("cancel", intent, CANCELLABLE)
            if self.session_of(intent_id)["status"] == "open":
                raise ApiError(
                    "You cannot cancel a PaymentIntent created by a Checkout Session. "
                    "Expire the Checkout Session instead.",
                    code="payment_intent_unexpected_state",
                )
            return self._cancel(intent, reason=reason, by=by, at=at)

    def _cancel(self, intent: Json, *, reason: str | None, by: Cause, at: int) -> Json:
        if intent["status"] == "requires_capture":
            charge = self.charge(intent["latest_charge"])
            charge.update(refunded=True, amount_refunded=charge["amount"])
            self._store.save(charge)
        intent.update(
            status="canceled", canceled_at=at, cancellation_reason=reason, amount_capturable=0, next_action=None
        )
        self._store.save(intent)
        self._emit("payment_intent.canceled", intent, by=by, at=at)
        return intent

    def capture(self, intent_id: str, *, amount: int | None, by: Cause, at: int) -> Json:
        """Take an authorised payment, or part of it; the rest is released."""
        with self._store.transaction():
            intent = self.intent(intent_id)
            if intent["status"] != "requires_capture":
                raise _wrong_state("capture", intent, frozenset({"requires_capture"}))
            taken = intent["amount_capturable"] if amount is None else amount
            if not 0 < taken <= intent["amount_capturable"]:
                raise ApiError(
                    f"The requested amount ({taken}) is not an amount you can capture of this charge.",
                    code="amount_too_large" if taken > 0 else "parameter_invalid_integer",
                    param="amount_to_capture",
                )
            charge = self.charge(intent["latest_charge"])
            charge.update(captured=True, amount_captured=taken, amount_refunded=charge["amount"] - taken)
            self._store.save(charge)
            intent.update(status="succeeded", amount_received=taken, amount_capturable=0)
            self._store.save(intent)
            session = self.session_of(intent_id)
            session["payment_status"] = "paid"
            self._store.save(session)
            self._emit("charge.captured", charge, by=by, at=at)
            self._emit("payment_intent.succeeded", intent, by=by, at=at)
            return intent

    def refund(self, params: Json, *, by: Cause, at: int) -> Json:
        """Give back all, or part, of a captured charge; never more than is left of it."""
        with self._store.transaction():
            charge = self._refundable(params)
            left = charge["amount"] - charge["amount_refunded"]
            amount = params.get("amount", left)
            refusals.check_refund(charge, amount=amount, left=left)
            metadata = params.get("metadata") or {}
            refund = charges.new_refund(charge, amount=amount, reason=params.get("reason"), metadata=metadata, at=at)
            self._store.save(refund)
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self._store.save(charge)
            self._emit("refund.created", refund, by=by, at=at)
            self._emit("charge.refunded", charge, by=by, at=at)
            return refund

    def fail_refund(self, refund_id: str, *, at: int) -> Json:
        """The customer's bank sends a refund back: the money is the shop's again."""
        with self._store.transaction():
            refund = self._found("refund", refund_id, param="refund")
            if refund["status"] != "succeeded":
                raise ApiError(f"The refund is {refund['status']}.")
            refund.update(status="failed", failure_reason="expired_or_canceled_card")
            self._store.save(refund)
            charge = self.charge(refund["charge"])
            charge.update(amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False)
            self._store.save(charge)
            self._emit("refund.failed", refund, by=NOBODY, at=at)
            return refund

    def dispute(self, intent_id: str, *, at: int) -> Json:
        """The card holder claims a payment back."""
        with self._store.transaction():
            charge = self.charge(self.intent(intent_id, param="payment_intent")["latest_charge"])
            charge["disputed"] = True
            self._store.save(charge)
            dispute = charges.new_dispute(charge, at=at)
            self._store.save(dispute)
            self._emit("charge.dispute.created", dispute, by=NOBODY, at=at)
            return dispute

    def close_dispute(self, dispute_id: str, *, status: str, at: int) -> Json:
        """The bank has decided: *status* is `won` or `lost`."""
        with self._store.transaction():
            dispute = self._found("dispute", dispute_id, param="dispute")
            dispute["status"] = status
            self._store.save(dispute)
            self._emit("charge.dispute.closed", dispute, by=NOBODY, at=at)
            return dispute

    def _refundable(self, params: Json) -> Json:
        if "charge" in params:
            return self.charge(params["charge"], param="charge")
        if "payment_intent" not in params:
            raise ApiError("One of the following params should be provided for this request: payment_intent or charge.")
        intent = self.intent(params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise ApiError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                param="payment_intent",
            )
        return self.charge(intent["latest_charge"])

    # look-ups

    def session(self, ident: str) -> Json:
        return self._found("checkout.session", ident, param="session")

    def session_of(self, intent_id: str) -> Json:
        return self.session(str(self._store.notes(intent_id)["session"]))

    def intent(self, ident: str, *, param: str = "intent") -> Json:
        return self._found("payment_intent", ident, param=param)

    def charge(self, ident: str, *, param: str = "id") -> Json:
        return self._found("charge", ident, param=param)

    def card_in_use(self, intent_id: str) -> str:
        """The number of the test card last tried on this intent."""
        return str(self._store.notes(self.session_of(intent_id)["id"]).get("card", ""))

    def _found(self, kind: str, ident: str, *, param: str) -> Json:
        found = self._store.get(ident, kind=kind)
        if found is None:
            raise missing_object(kind, ident, param=param)
        return found

    def _emit(self, kind: str, body: Json, *, by: Cause, at: int) -> None:
        event = objects.new_event(kind, body, request_id=by.request_id, idempotency_key=by.idempotency_key, at=at)
        self._store.save(event)
        self._post(str(event["id"]))


def _wrong_state(verb: str, intent: Json, wanted: frozenset[str]) -> ApiError:
    done = {"cancel": "canceled", "capture": "captured"}[verb]
    return ApiError(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
        f"with one of the following statuses may be {done}: {', '.join(sorted(wanted))}.",
        code="payment_intent_unexpected_state",
    )
