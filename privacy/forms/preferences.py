"""The form of somebody's preferences: a switch for each thing, and the manner. Nothing in it is required."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from privacy.consent import partners, preferences
from privacy.consent.ledger import Thing
from privacy.consent.preference_models import Frequency
from privacy.consent.vocabulary import TOPICS, Channel, Matter
from privacy.ground import tongue
from privacy.messages import wishes
from privacy.messages.wishes import Manner, Wishes

ASKS: Final = {
    Matter.NEW_PIECES: ("New pieces", _("Tell me about new pieces")),
    Matter.OFFERS: ("Offers", _("Tell me about offers and sales")),
    Matter.CARE: ("Care", _("Tell me how to care for my pieces")),
}
PARTNER: Final = _("Let {partner} write to me by e-mail, too")
CURRENCY_NAMES: Final = {"USD": "US dollars", "EUR": "euros", "GBP": "pounds sterling"}
KEPT: Final = {"required": "Choose one of these.", "invalid_choice": "Choose one of these."}


class Switches(NamedTuple):
    """The switches of one topic."""

    name: str
    fields: list[forms.BoundField]


class PreferencesForm(forms.Form):
    """What is on and how, as it stands; *locked* are switches that this page cannot switch on.

    What there is to agree to stands in the language of its reader's letters, *spoken*.
    """

    frequency = forms.ChoiceField(
        label="How often", choices=Frequency.choices, widget=forms.RadioSelect, error_messages=KEPT
    )
    language = forms.ChoiceField(label="Language of our letters", required=False, error_messages=KEPT)
    currency = forms.ChoiceField(label="Prices in", error_messages=KEPT)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    read_in = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, held: Wishes, data: Any = None, *, locked: Iterable[Thing] = ()) -> None:
        super().__init__(
            data, initial={**held.manner._asdict(), "seen": " ".join(sorted(map(wishes.name_of, held.yes)))}
        )
        self.spoken = tongue.known(held.manner.language)
        self.manner = held.manner
        offered = wishes.offered()
        self.things = {wishes.name_of(thing): thing for thing in (*offered, *sorted(held.yes - set(offered)))}
        self.locked = frozenset(locked) - held.yes
        with tongue.writing(self.spoken):
            labels = {name: sentence(thing) for name, thing in self.things.items()}
        for name, thing in self.things.items():
            self.fields[name] = forms.BooleanField(
                label=labels[name], required=False, initial=thing in held.yes, disabled=thing in self.locked
            )
        self.fixed: dict[str, str] = {}
        self._offer("language", dict(settings.LANGUAGES))
        self._offer("currency", {code: CURRENCY_NAMES.get(code, code) for code in preferences.currencies()})

    def _offer(self, name: str, options: dict[str, str]) -> None:
        """Ask where there is something to choose; else the page says it."""
        if len(options) == 1:
            del self.fields[name]
            self.fixed[name] = next(iter(options.values()))
            return
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(options.items())

    def topics(self) -> Iterator[Switches]:
        """The switches of messages, topic by topic."""
        for topic, (name, _words) in ASKS.items():
            yield Switches(name, [self[each] for each, thing in self.things.items() if thing.matter == topic])

    def picks(self) -> forms.BoundField:
        """The switch of pieces picked for them."""
        return self[wishes.name_of(Thing(Matter.RECOMMENDATIONS))]

    def others(self) -> list[forms.BoundField]:
        """What was agreed to elsewhere, which can be switched off here."""
        asked = (*TOPICS, Matter.RECOMMENDATIONS)
        by_name = partners.things()
        return [self[name] for name, thing in self.things.items() if thing.matter not in asked and thing not in by_name]

    def partners(self) -> list[tuple[Thing, forms.BoundField]]:
        """The switch of each partner."""
        return [(thing, self[wishes.name_of(thing)]) for thing in partners.things()]

    @property
    def has_text_messages(self) -> bool:
        """Whether a switch asks for text messages, which need words of their own."""
        return any(thing.channel == Channel.SMS for thing in self.things.values())

    def wanted(self) -> Wishes:
        """What was sent; what this page cannot switch on stays off whatever was sent."""
        sent = self.cleaned_data
        yes = {thing for name, thing in self.things.items() if sent[name]} - self.locked
        manner = {name: sent.get(name) or getattr(self.manner, name) for name in Manner._fields}
        return Wishes(frozenset(yes), Manner(**manner))

    def language_read(self) -> str:
        """The language of what there was to agree to, when the page was made."""
        return tongue.known(self.cleaned_data["read_in"])

    def shown(self) -> frozenset[Thing]:
        """What was on when the page was made; never more than what is known here."""
        names = self.cleaned_data["seen"].split()
        return frozenset(self.things[name] for name in names if name in self.things)


def sentence(thing: Thing) -> str:
    """A switch as a sentence, in the language that is being written: `Tell me about new pieces by e-mail`."""
    if thing.matter in ASKS:
        return f"{tongue.translated(ASKS[thing.matter][1])} {tongue.translated(Channel(thing.channel).words)}"
    if thing.matter == Matter.RECOMMENDATIONS:
        return gettext("Show me pieces picked from what I bought and looked at")
    partner = partners.find(thing.about) if thing.matter == partners.MATTER else None
    if partner is not None:
        return tongue.translated(PARTNER).format(partner=partner.name)
    words = tongue.translated(thing.matter.words)
    return f"{words} ({thing.about})" if thing.about else words
