"""What the bag and the checkout ask. What the order desk types is in `desk_forms`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import phonenumbers
import stdnum.exceptions
from django import forms
from django.core.exceptions import ValidationError
from stdnum.eu import vat as eu_vat
from stdnum.gb import vat as gb_vat

from accounts.forms import AgeField
from orders import bag as bags
from orders import destinations
from orders.bag import Contents
from orders.checkout import CheckoutDetails
from orders.destinations import Method
from orders.models.order import MOST_OF_ONE
from orders.pricing import Quote
from privacy.consent import notices, soft_opt_in
from privacy.consent.vocabulary import Matter, Surface
from privacy.forms import language
from privacy.forms.language import LanguageField
from privacy.forms.texts import FreeText
from privacy.messages import sms
from privacy.news_boxes import NewsBoxes
from privacy.register import stops
from privacy.register.ages import ANSWERS, Answer
from shop import money
from shop.stock import Key

NO_SUCH_PIECE = "There is no such piece."
NOT_A_NUMBER = "This does not look like a phone number. Include the country code, like +1 212 555 0100."
NOT_A_VAT_NUMBER = (
    "This is no VAT number of the EU or the United Kingdom. Check its letters and digits, or leave it empty."
)
NO_ORDER = "We cannot take an order with this address. Write to us, and we find a way."
ENGRAVED = "An engraved piece is made for you: it can come back only if something is wrong with it."
NO_SIMILAR = "no_similar"
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


class MethodField(forms.ChoiceField):
    """The insured ways to a place, with what each costs and takes. One that this place has not is the ordinary one."""

    def offer(self, quote: Quote) -> None:
        """Offer the ways to the quote's place, at the prices for its goods."""
        self.choices = [(way.slug, self._words(way, quote)) for way in quote.destination.methods]
        self.initial = quote.method.slug

    def valid_value(self, value: Any) -> bool:
        """Any name will do: pricing falls back, and the total tells."""
        return True

    @staticmethod
    def _words(way: Method, quote: Quote) -> str:
        minor = way.price_minor(quote.subtotal_minor)
        price = money.format(minor, quote.currency) if minor else "free"
        fewest, most = way.days
        days = "1 working day" if most == 1 else f"{fewest} to {most} working days"
        return f"{way.label}: {price}, {days} on the road"


class PlaceForm(forms.Form):
    """Where the bag is priced for."""

    place = PlaceField(label="Deliver to")


def _text(label: str, autocomplete: str, *, most: int = 150, missing: str = "") -> FreeText:
    """A line of text; required if *missing* says what to tell who leaves it empty."""
    return FreeText(
        label=label,
        max_length=most,
        required=bool(missing),
        error_messages={"required": missing},
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
    )


class CheckoutForm(NewsBoxes):
    """Contact, delivery, gift and engraving: one page, three short steps. Engraving fields follow the bag's pieces."""

    news_surface = Surface.CHECKOUT

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        error_messages={
            "required": "Say where the confirmation may go.",
            "invalid": "This does not look like an e-mail address. It needs an @ and a domain, like name@example.com.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="For the confirmation and the way to your order. Nothing else is sent there unless you ask for it.",
    )
    full_name = _text("Full name", "name", missing="Say who orders.")
    phone = forms.CharField(
        label="Phone",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text="For the courier, if the parcel needs a hand.",
    )
    wants_texts = forms.BooleanField(
        label="Text me when the parcel leaves and when it arrives",
        required=False,
        help_text="Two texts for this order, and no others. Reply STOP ALL to end them.",
    )
    language = LanguageField(help_text="Of every mail about this order, and of what we write after it.")
    vat_number = forms.CharField(
        label="VAT number",
        max_length=20,
        required=False,
        help_text="With its country's letters, like DE136695976. It is kept encrypted and printed on the invoice only.",
    )
    recipient = _text("Recipient, if it is not you", "off")
    line1 = _text("Address", "shipping address-line1", missing="Say which street and number.")
    line2 = _text("Apartment, floor", "shipping address-line2")
    city = _text("Town or city", "shipping address-level2", most=100, missing="Say which town.")
    place = PlaceField(label="State or country", error_messages={"required": "Choose where it goes."})
    region = _text("County or region", "shipping address-level1", most=100)
    postal_code = _text("Postal code", "shipping postal-code", most=20)
    method = MethodField(label="How it travels", widget=forms.RadioSelect, required=False)
    gift_message = FreeText(
        label="Gift message",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="We write it on a card by hand. It is kept sealed, and never goes to the payment provider.",
    )
    expected_total = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**53)

    age = AgeField()

    def __init__(self, contents: Contents, *args: Any, asks_age: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_age:
            del self.fields["age"]
        self._engraved: dict[str, Key] = {}
        for buyable in (line.buyable for line in contents.lines):
            if buyable.engravable:
                name = f"engraving_{buyable.key[0]}_{buyable.key[1]}"
                self._engraved[name] = buyable.key
                self.fields[name] = _text(f"Engraving on {buyable.title}", "off", most=30)
                self.fields[name].help_text = ENGRAVED
        if not language.is_asked():
            del self.fields["language"]
        if not sms.is_on():
            del self.fields["wants_texts"]
        if soft_opt_in.is_on():
            label, _, self.similar_help = notices.text(soft_opt_in.NOTICE).partition("\n")
            self.fields[NO_SIMILAR] = forms.BooleanField(label=label, required=False)
        method = self.fields["method"]
        assert isinstance(method, MethodField)
        method.offer(contents.quote)

    def age_answer(self) -> Answer | None:
        """What was chosen, where it was asked."""
        return ANSWERS.get(self.cleaned_data.get("age", ""))

    def clean_email(self) -> str:
        """Take nothing under an address that was a child's."""
        typed = str(self.cleaned_data["email"])
        if stops.refuses(typed):
            raise ValidationError(NO_ORDER, code="stopped")
        return typed

    def engraving_fields(self) -> Iterator[forms.BoundField]:
        """The fields that follow the bag's pieces, for the template."""
        return (self[name] for name in self._engraved)

    def news_topics(self) -> list[Matter]:
        """Not the topics of the soft opt-in, where a shop chose it: those have a box to say no."""
        topics = super().news_topics()
        return [topic for topic in topics if topic not in soft_opt_in.SIMILAR] if soft_opt_in.is_on() else topics

    def no_similar(self) -> forms.BoundField | None:
        """The box to say no to mails about similar pieces, where a shop writes them without a yes."""
        return self[NO_SIMILAR] if NO_SIMILAR in self.fields else None

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

    def clean_vat_number(self) -> str:
        """One spelling, with the check digits of its country: EU and United Kingdom."""
        typed: str = self.cleaned_data["vat_number"]
        if not typed:
            return ""
        rules = gb_vat if typed.strip().upper().startswith("GB") else eu_vat
        try:
            compact: str = rules.validate(typed)
        except stdnum.exceptions.ValidationError:
            raise ValidationError(NOT_A_VAT_NUMBER, code="vat_number")
        return compact if rules is eu_vat else f"GB{compact}"

    def clean(self) -> dict[str, Any]:
        """Ask for a postal code where a parcel cannot arrive without one, and for a number where texts are wanted."""
        cleaned = super().clean() or {}
        if cleaned.get("wants_texts") and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", "Say which number we may text.")
        place = cleaned.get("place", "")
        if place and not cleaned.get("postal_code") and place[:2] not in WITHOUT_POSTAL_CODE:
            self.add_error("postal_code", "Parcels there need a postal code.")
        return cleaned

    def details(self) -> CheckoutDetails:
        """What was typed, as the room takes it."""
        typed = self.cleaned_data
        names = CheckoutDetails.__dataclass_fields__.keys() - {"engravings", "news", "declines_similar"}
        engravings = {key: typed[name] for name, key in self._engraved.items() if typed[name]}
        return CheckoutDetails(
            **{name: typed[name] for name in names & typed.keys()},
            engravings=engravings,
            news=self.ticked(),
            declines_similar=typed.get(NO_SIMILAR),
        )
