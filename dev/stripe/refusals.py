"""What Stripe refuses, and in which words: sessions it would not open, totals it would not charge, refunds it would not make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .errors import ApiError
from .store import Json

SHORTEST_SESSION_SECONDS: Final = 30 * 60
LONGEST_SESSION_SECONDS: Final = 24 * 3600
#: The clock of whoever computed ``expires_at`` may be a little ahead of ours.
CLOCK_SKEW_SECONDS: Final = 5

LEAST_CHARGE: Final[Mapping[str, int]] = {
    "gbp": 30,
    "jpy": 50,
    "sek": 300,
    "nok": 300,
    "dkk": 250,
    "hkd": 400,
    "mxn": 1000,
}
LEAST_CHARGE_OTHERWISE: Final = 50
MOST_CHARGE: Final = 99_999_999


def check_session(params: Json, *, at: int) -> None:
    """Whether Stripe would open this session. *Raises* ``ApiError`` in its words."""
    for name in ("mode", "line_items", "success_url"):
        if not params.get(name):
            raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    for index, line in enumerate(params["line_items"]):
        _check_line(line, path=f"line_items[{index}]")
    fixed = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "allowed_payment_method_types": ["card"],
        "automatic_tax": {"enabled": False},
    }
    for name, only in fixed.items():
        if params.get(name, only) != only:
            raise ApiError(
                f"Stripe knows other values of {name}; this local server carries out {only} only.", param=name
            )
    for name in ("success_url", "cancel_url"):
        if name in params and not str(params[name]).startswith(("http://", "https://")):
            raise ApiError("Not a valid URL", code="url_invalid", param=name)
    if "@" not in params.get("customer_email", "@"):
        raise ApiError(
            f"Invalid email address: {params['customer_email']}", code="email_invalid", param="customer_email"
        )
    if len(params.get("client_reference_id", "")) > 200:
        raise ApiError("Invalid string: must be at most 200 characters", param="client_reference_id")
    _check_expiry(params.get("expires_at", at + LONGEST_SESSION_SECONDS) - at)


def _check_line(line: Json, *, path: str) -> None:
    """A line must say itself what is sold: this server keeps no catalogue of prices."""
    price = line.get("price_data", {})
    present = {
        "[price_data]": "price_data" in line,
        "[price_data][unit_amount]": "unit_amount" in price,
        "[price_data][product_data][name]": "name" in price.get("product_data", {}),
    }
    for name, is_there in present.items():
        if not is_there:
            where = f"{path}{name}"
            raise ApiError(f"Missing required param: {where}.", code="parameter_missing", param=where)


def _check_expiry(seconds: int) -> None:
    if seconds < SHORTEST_SESSION_SECONDS - CLOCK_SKEW_SECONDS:
        raise ApiError(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if seconds > LONGEST_SESSION_SECONDS + CLOCK_SKEW_SECONDS:
        raise ApiError(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )


def check_lines(lines: list[Json]) -> None:
    """Whether the lines are of one currency and their total can be charged."""
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise ApiError("All line items must use the same currency.", param="line_items")
    for index, line in enumerate(lines):
        if line["quantity"] < 1:
            raise ApiError("This value must be greater than or equal to 1.", param=f"line_items[{index}][quantity]")
        if line["price"]["unit_amount"] < 0:
            raise ApiError("Invalid non-negative integer", param=f"line_items[{index}][price_data][unit_amount]")
    total, least = (
        sum(line["amount_total"] for line in lines),
        LEAST_CHARGE.get(currencies.pop(), LEAST_CHARGE_OTHERWISE),
    )
    if total < least:
        raise ApiError(
            f"The Checkout Session's total amount must convert to at least {least} in its smallest unit.",
            code="amount_too_small",
        )
    if total > MOST_CHARGE:
        raise ApiError(
            f"The Checkout Session's total amount must be no more than {MOST_CHARGE}.", code="amount_too_large"
        )


def check_refund(charge: Json, *, amount: int, left: int) -> None:
    """Whether so much of the charge can still go back."""
    if not charge["captured"]:
        raise ApiError(f"Charge {charge['id']} has not been captured.", code="charge_not_captured", param="charge")
    if left == 0:
        raise ApiError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise ApiError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise ApiError(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
