"""What the order desk types, each decision about an order its own form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from orders import carriers, destinations, payments
from orders.forms import WITHOUT_POSTAL_CODE
from orders.models import Order, Paper
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from shop import money


class ShipForm(DecisionForm):
    """Who carries the parcel, and its number."""

    carrier = forms.ChoiceField(choices=carriers.offered, widget=UnfoldAdminSelectWidget)
    tracking_number = forms.CharField(max_length=40, widget=UnfoldAdminTextInputWidget)


class WheretoForm(DecisionForm):
    """Another address within the place that the order's tax and delivery were reckoned for.

    It opens empty: whoever changes an address need not see the one it replaces.
    """

    ship_name = FreeText(label="Recipient", max_length=150, widget=UnfoldAdminTextInputWidget)
    ship_line1 = FreeText(label="Address", max_length=150, widget=UnfoldAdminTextInputWidget)
    ship_line2 = FreeText(label="Apartment, floor", max_length=150, required=False, widget=UnfoldAdminTextInputWidget)
    ship_city = FreeText(label="Town or city", max_length=100, widget=UnfoldAdminTextInputWidget)
    ship_postal_code = FreeText(
        label="Postal code",
        max_length=20,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="State and country stay: tax and delivery were reckoned for them. For another one, cancel and order anew.",
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a postal code where a parcel cannot arrive without one."""
        cleaned = super().clean() or {}
        if not cleaned.get("ship_postal_code") and self.row.country not in WITHOUT_POSTAL_CODE:
            self.add_error("ship_postal_code", "Parcels there need a postal code.")
        return cleaned


class RerouteForm(DecisionForm):
    """Another way to the same address."""

    method = forms.ChoiceField(
        label="How it travels",
        widget=UnfoldAdminSelectWidget,
        help_text="A cheaper way gives the difference back; a dearer one is paid by the shop.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order: Order = self.row
        place = destinations.find(order.country, order.region)
        ways = [(way.slug, way.label) for way in place.methods] if place else []
        method = self.fields["method"]
        assert isinstance(method, forms.ChoiceField)
        method.choices = ways
        self.initial = {"method": order.shipping_method}


class CancelForm(DecisionForm):
    """Why an order is called off; the customer reads it."""

    reason = FreeText(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text="The customer reads this. Never name a person."
    )


class PaperForm(DecisionForm):
    """A valuation for the owner of a piece: a PDF or a picture."""

    kind = forms.ChoiceField(choices=Paper.Kind.choices, widget=UnfoldAdminSelectWidget)
    title = FreeText(
        max_length=120, widget=UnfoldAdminTextInputWidget, help_text="The customer reads this on the order's page."
    )
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget,
        help_text="PDF, PNG or JPEG, at most 10 MB. It is encrypted before it is stored.",
        error_messages={"empty": "This file is empty."},
    )


class RefundForm(DecisionForm):
    """How much goes back, and why."""

    amount = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    reason = FreeText(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text="For the record. Never name a person."
    )

    def clean(self) -> dict[str, Any]:
        """Refuse more than can still be refunded; the room asks again."""
        typed = super().clean() or {}
        if typed.get("amount") is not None:
            typed["amount_minor"] = money.from_major(typed.pop("amount"), self.row.currency)
            left = payments.refundable(self.row)
            if typed["amount_minor"] > left:
                self.add_error("amount", f"At most {money.format(left, self.row.currency)} can still be refunded.")
        return typed
