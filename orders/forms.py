"""What the bag and the checkout ask, and what the order desk types."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from orders import bag as bags
from orders import destinations
from orders.bag import Line
from orders.checkout import CheckoutDetails
from orders.models import Order, Shipment
from orders.models.order import MOST_OF_ONE
from shop import money
from shop.stock import Key

NO_SUCH_PIECE = "There is no such piece."
NOT_A_NUMBER = "This does not look like a phone number. Include the country code, like +1 212 555 0100."
WITHOUT_POSTAL_CODE = frozenset({"IE"})


class KeyField(forms.CharField):
    """Which thing: `v:12` or `s:34`."""

    default_error_messages = {"required": NO_SUCH_PIECE}

    def clean(self, value: Any) -> Key:
        try:
            return bags.parse_key(str(super().clean(value)))
        except bags.BadKey:
            raise ValidationError(NO_SUCH_PIECE, code="unknown")


class LineForm(forms.Form):
    """So many of one thing."""

    key = KeyField(widget=forms.HiddenInput)
    quantity = forms.IntegerField(
        min_value=1,
        max_value=MOST_OF_ONE,
        error_messages={
            "required": "Say how many.",
            "invalid": "Say how many in whole numbers.",
            "min_value": "One is the least. To take it out, choose Remove.",
            "max_value": f"{MOST_OF_ONE} is the most of one piece that we send; write to us for more.",
        },
    )

    @property
    def first_error(self) -> str:
        """What is wrong, in one sentence."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


class KeyForm(forms.Form):
    """One thing."""

    key = KeyField()


class PlaceField(forms.ChoiceField):
    """A place the shop delivers to, exact enough for its tax."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"choices": self.options, **kwargs})

    @staticmethod
    def options() -> list[tuple[str, Any]]:
        return [("", "Choose"), *destinations.choices()]


class PlaceForm(forms.Form):
    """Where the bag is priced for."""

    place = PlaceField(label="Deliver to")


def _text(label: str, autocomplete: str, *, most: int = 150, required: bool = True, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=most, required=required, widget=widget, **kwargs)


class CheckoutForm(forms.Form):
    """Contact, delivery, gift and engraving: one page, three short steps. Engraving fields follow the bag's pieces."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="For the confirmation and the way to your order. Nothing else is sent there.",
    )
    full_name = _text("Full name", "name")
    phone = forms.CharField(
        label="Phone",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text="For the courier, if the parcel needs a hand.",
    )
    recipient = _text("Recipient, if it is not you", "off", required=False)
    line1 = _text("Address", "shipping address-line1")
    line2 = _text("Apartment, floor", "shipping address-line2", required=False)
    city = _text("Town or city", "shipping address-level2", most=100)
    place = PlaceField(label="State or country")
    region = _text("County or region", "shipping address-level1", most=100, required=False)
    postal_code = _text("Postal code", "shipping postal-code", most=20, required=False)
    method = forms.ChoiceField(label="How it travels", widget=forms.RadioSelect, required=False)
    gift_message = forms.CharField(
        label="Gift message",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="We write it on a card by hand. It is kept sealed, and never goes to the payment provider.",
    )
    expected_total = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**53)

    def __init__(self, lines: tuple[Line, ...], place: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._engraved = {f"engraving_{kind}_{item}": (kind, item) for kind, item in _engravable(lines)}
        titles = {line.buyable.key: line.buyable.title for line in lines}
        for name, key in self._engraved.items():
            self.fields[name] = _text(f"Engraving on {titles[key]}", "off", most=30, required=False)
        ways = destinations.table()[place].methods
        method = self.fields["method"]
        assert isinstance(method, forms.ChoiceField)
        method.choices = [(way.slug, way.label) for way in ways]
        method.initial = ways[0].slug

    def engraving_fields(self) -> Iterator[forms.BoundField]:
        """The fields that follow the bag's pieces, for the template."""
        return (self[name] for name in self._engraved)

    def clean_phone(self) -> str:
        """One spelling, E.164."""
        typed = self.cleaned_data["phone"]
        if not typed:
            return ""
        country = str(self.data.get("place", ""))[:2] or destinations.HOME
        try:
            number = phonenumbers.parse(typed, country)
        except phonenumbers.NumberParseException:
            raise ValidationError(NOT_A_NUMBER, code="phone")
        if not phonenumbers.is_possible_number(number):
            raise ValidationError(NOT_A_NUMBER, code="phone")
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def clean(self) -> dict[str, Any]:
        """Ask for a postal code where a parcel cannot arrive without one."""
        cleaned = super().clean() or {}
        place = cleaned.get("place", "")
        if place and not cleaned.get("postal_code") and place[:2] not in WITHOUT_POSTAL_CODE:
            self.add_error("postal_code", "Parcels there need a postal code.")
        return cleaned

    def details(self) -> CheckoutDetails:
        """What was typed, as the room takes it."""
        typed = self.cleaned_data
        names = CheckoutDetails.__dataclass_fields__.keys() - {"engravings"}
        engravings = {key: typed[name] for name, key in self._engraved.items() if typed[name]}
        return CheckoutDetails(**{name: typed[name] for name in names}, engravings=engravings)


def _engravable(lines: tuple[Line, ...]) -> list[Key]:
    return [line.buyable.key for line in lines if line.buyable.engravable]


# The order desk


class DeskForm(forms.Form):
    """What one act of the desk asks about an order."""

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order


class PlainForm(DeskForm):
    """Nothing to ask, only to confirm."""


class ShipForm(DeskForm):
    """Who carries the parcel, and its number."""

    carrier = forms.ChoiceField(choices=Shipment.Carrier.choices, widget=UnfoldAdminSelectWidget)
    tracking_number = forms.CharField(max_length=40, widget=UnfoldAdminTextInputWidget)


class CancelForm(DeskForm):
    """Why an order is called off; the customer reads it."""

    reason = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text="The customer reads this. Never name a person."
    )


class RefundForm(DeskForm):
    """How much goes back, and why."""

    amount = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    reason = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text="For the record. Never name a person."
    )

    @property
    def amount_minor(self) -> int:
        """The amount in minor units."""
        return money.from_major(self.cleaned_data["amount"], self.order.currency)
