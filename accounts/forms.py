"""What customers type about themselves: their name and number, their addresses, a key's name."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.core import context
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django_countries import countries

from accounts import addresses, phones
from accounts.models import Address, User
from privacy.consent import screen
from privacy.consent.vocabulary import Matter, Surface
from privacy.forms.texts import FreeText
from privacy.messages import wishes
from privacy.messages.wishes import Said
from privacy.news_boxes import NewsBoxes
from privacy.register import ages
from privacy.register.age_bands import MINOR
from privacy.register.ages import Standing
from privacy.rights import children

NOT_A_NUMBER = "This does not look like a phone number. Include the country code, like +1 212 555 0100."
PARENTS: Final = {
    children.OwnAddress: "Give the address of your parent or guardian, not your own.",
    children.Enough: "This address was asked often enough today. Try again tomorrow.",
}
NEEDS_POSTAL_CODE = frozenset({"AU", "CA", "DE", "DK", "ES", "FR", "GB", "IT", "JP", "NL", "SE", "US"})
NEEDS_REGION = frozenset({"AU", "CA", "US"})


class AgeField(forms.ChoiceField):
    """How old somebody is: the same seven answers in every shop, none of them chosen, none of them said to matter."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", "Choose"), *((each.code, each.label) for each in ages.ANSWERS.values())]
        errors = {"required": "Choose your age.", "invalid_choice": "Choose your age."}
        super().__init__(**{"label": "How old are you?", "choices": choices, "error_messages": errors, **kwargs})


class AgeForm(forms.Form):
    """The question that comes before a sign-up."""

    age = AgeField()

    def answer(self) -> ages.Answer:
        """What was chosen."""
        return ages.ANSWERS[self.cleaned_data["age"]]


class NameForm(NewsBoxes):
    """The optional part of sign-up; allauth adds e-mail and password (ACCOUNT_SIGNUP_FORM_CLASS)."""

    news_surface = Surface.SIGN_UP
    parent_email = forms.EmailField(
        label="E-mail address of a parent or guardian",
        max_length=254,
        help_text="They are asked before you can sign in. Use an address they read themselves.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    full_name = FreeText(max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ("email", "password1", "parent_email", "full_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = context.request and screen.answer(context.request)
        self.band = given.band if given else None
        super().__init__(*args, **kwargs)
        if not (given and given.standing is Standing.WITH_PARENT):
            del self.fields["parent_email"]

    def news_topics(self) -> list[Matter]:
        """None for minors: no news go to them."""
        return [] if self.band in MINOR else super().news_topics()

    def clean(self) -> dict[str, Any]:
        """A parent has an address of their own, and is not asked without end."""
        cleaned = super().clean() or {}
        parent, own = cleaned.get("parent_email"), cleaned.get("email")
        if parent and own and (why := children.refuses(parent, child=own, at=timezone.now())):
            self.add_error("parent_email", PARENTS[why])
        return cleaned

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the name on the account just made, and what was asked for; called by allauth."""
        user.full_name = self.cleaned_data["full_name"]
        user.save(update_fields=["full_name"])
        if parent := self.cleaned_data.get("parent_email"):
            children.ask(user.subject, address=user.email, parent=parent, by=user, at=timezone.now())
        said = Said(Surface.SIGN_UP, get_adapter().get_client_ip(request) or "", by=user, at=timezone.now())
        wishes.tick(self.ticked(), address=user.email, said=said)


class PhoneField(forms.CharField):
    """A phone number, optional, kept as E.164."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
        super().__init__(**{"required": False, "max_length": 40, "widget": widget, **kwargs})

    def clean(self, value: Any) -> str:
        """The number in one spelling, or nothing."""
        typed = super().clean(value)
        if not typed:
            return ""
        try:
            return phones.normalise(typed)
        except phones.NotANumber:
            raise ValidationError(NOT_A_NUMBER, code="phone")


class DetailsForm(forms.Form):
    """The customer's name and phone number."""

    full_name = FreeText(max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = PhoneField(help_text="For the courier, if a parcel needs a hand. Nobody else gets it.")


class AddressForm(forms.Form):
    """An address to send parcels to."""

    full_name = FreeText(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    country = forms.ChoiceField(choices=lambda: list(countries), widget=forms.Select(attrs={"autocomplete": "country"}))
    line1 = FreeText(label="Address", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "address-line1"}))
    line2 = FreeText(
        label="Apartment, floor",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-line2"}),
    )
    city = FreeText(
        label="Town or city", max_length=100, widget=forms.TextInput(attrs={"autocomplete": "address-level2"})
    )
    region = FreeText(
        label="State or region",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level1"}),
    )
    postal_code = FreeText(max_length=20, required=False, widget=forms.TextInput(attrs={"autocomplete": "postal-code"}))
    phone = PhoneField(label="Phone")
    is_default_shipping = forms.BooleanField(label="Use this address first", required=False)

    @classmethod
    def showing(cls, address: Address) -> AddressForm:
        """The form filled in with an address as it stands."""
        return cls(initial={name: getattr(address, name) for name in cls.base_fields})

    def clean(self) -> dict[str, Any]:
        """Ask for a postal code and a region where a parcel cannot arrive without them."""
        cleaned = super().clean() or {}
        country = cleaned.get("country", "")
        if country in NEEDS_POSTAL_CODE and not cleaned.get("postal_code"):
            self.add_error("postal_code", "Parcels to this country need a postal code.")
        if country in NEEDS_REGION and not cleaned.get("region"):
            self.add_error("region", "Parcels to this country need a state or region.")
        return cleaned

    def details(self) -> addresses.Details:
        """What was typed, as the room takes it."""
        typed = dict(self.cleaned_data)
        del typed["is_default_shipping"]
        return addresses.Details(**typed)

    @property
    def wants_default(self) -> bool:
        """Whether the customer asked for this address to come first."""
        return bool(self.cleaned_data["is_default_shipping"])


class TokenForm(forms.Form):
    """A name for a new API key."""

    name = FreeText(
        label="What is it for?",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Home automation"}),
    )
