"""What staff write into a newsletter, and when they let it go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django import forms
from django.conf import settings
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from privacy.consent.vocabulary import Channel
from privacy.forms.moments import ShopMoment
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.messages import campaigns, pieces, writing
from privacy.messages.newsroom import Campaign, Words

FIRST, *OTHERS = settings.LANGUAGES
"""The language a newsletter is always written in, and those it may be written in besides."""
WRITTEN: Final[Mapping[str, Callable[[str], forms.Field]]] = {
    "title": lambda name: FreeText(
        label=f"Subject line, {name}",
        required=False,
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
        help_text="Whoever chose this language gets these words. Leave all of it empty, and they get the first ones.",
    ),
    "preheader": lambda name: FreeText(
        label=f"First line, {name}", required=False, max_length=140, widget=UnfoldAdminTextInputWidget
    ),
    "body": lambda name: FreeText(label=f"Text of the mail, {name}", required=False, widget=WysiwygWidget),
    Channel.SMS.value: lambda name: FreeText(
        label=f"Text message, {name}",
        required=False,
        max_length=600,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    ),
    Channel.POST.value: lambda name: FreeText(
        label=f"Letter, {name}", required=False, max_length=6000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 10})
    ),
}
"""What is written once more in another language, by the names of `Words`."""
WORDS_OF_WAY: Final = {Channel.SMS: "sms_text", Channel.POST: "letter_text"}
"""The field in which a way's own words are written."""


def field_in(language: str, part: str) -> str:
    """The name of a field for another language."""
    return f"{language}_{part}"


def fields_in(language: str, ways: Iterable[Channel]) -> tuple[str, ...]:
    """The fields for another language, with the plain words of these ways."""
    return tuple(field_in(language, part) for part in ("title", "preheader", "body", *(way.value for way in ways)))


class Translated(forms.Form):
    """The words of a newsletter in other languages: all of a language, or nothing of it."""

    for _code, _name in OTHERS:
        for _part, _made in WRITTEN.items():
            locals()[field_in(_code, _part)] = _made(_name)


class CampaignForm(Translated, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What a newsletter says by each way it travels. Pictures come with the pieces that are chosen; the text holds none."""

    ways = forms.MultipleChoiceField(
        label="How it travels",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Each way reaches those who agreed to the topic by that very way.",
    )
    pieces = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text="Shown in the mail below the text with picture, name and link. A piece that is sold out by then is left out.",
    )
    sms_text = FreeText(
        label="Text message",
        required=False,
        max_length=600,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Plain words. The shop's name goes before them, and how to stop behind them: both are added by us.",
    )
    letter_text = FreeText(
        label="Letter",
        required=False,
        max_length=6000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10}),
        help_text="Plain words, an empty line between paragraphs. Below them we write why it came and how to get no more.",
    )

    class Meta:
        model = Campaign
        fields = ("topic", "title", "preheader", "body", "pieces")
        widgets = {"body": WysiwygWidget}
        field_classes = dict.fromkeys(("title", "preheader", "body"), FreeText)
        help_texts = {
            "topic": "Only people who agreed to this very topic get it.",
            "title": "Of the mail; a letter has it as its heading.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "pieces" not in self.fields:  # the page of one that is only shown
            return
        self.fields["pieces"].choices = pieces.choices()  # type: ignore[attr-defined]
        self.fields["ways"].choices = [(way.value, way.words) for way in campaigns.offered()]  # type: ignore[attr-defined]
        said = {way.channel: way.text for way in self.instance.ways.all()} if self.instance.pk else campaigns.ALONE
        self.initial["ways"] = list(said)
        for way, name in WORDS_OF_WAY.items():
            self.initial[name] = said.get(way, "")
        for code, _ in OTHERS:
            for part, words in self.instance.translations.get(code, {}).items():
                self.initial[field_in(code, part)] = words

    def clean_body(self) -> str:
        """Text without what a newsletter may not hold."""
        return writing.sanitised(self.cleaned_data["body"])

    def clean(self) -> dict[str, Any]:
        """Each way has something to say, and a text message is short."""
        typed = super().clean() or {}
        ways = typed.get("ways", [])
        if Channel.EMAIL in ways and writing.is_empty(typed.get("body", "")):
            self.add_error("body", "Nothing is left of this text that a newsletter may hold.")
        for way, name in WORDS_OF_WAY.items():
            if way in ways and not typed.get(name, "").strip():
                self.add_error(name, f"It travels {way.words}: say what stands there.")
        for code, language in OTHERS:
            self._check_language(code, language, [Channel(way) for way in ways])
        return typed

    def _check_language(self, code: str, language: str, ways: list[Channel]) -> None:
        """What is begun in another language is whole, so that nobody gets half of it."""
        words = self._words_in(code)
        if words == Words():
            return
        needed = {Channel.EMAIL: ("title", "body"), Channel.SMS: (Channel.SMS,), Channel.POST: ("title", Channel.POST)}
        for part in dict.fromkeys(each for way in ways for each in needed[way]):
            if not getattr(words, part):
                self.add_error(field_in(code, part), f"In {language} too, or leave everything in {language} empty.")

    def _words_in(self, code: str) -> Words:
        typed = {part: self.cleaned_data.get(field_in(code, part)) or "" for part in WRITTEN}
        return writing.cleaned(Words(**typed))

    @property
    def translations(self) -> dict[str, Words]:
        """What was written in other languages."""
        return {code: self._words_in(code) for code, _ in OTHERS}

    @property
    def chosen(self) -> dict[Channel, str]:
        """The ways that were ticked, each with its plain words."""
        typed = self.cleaned_data
        return {way: typed[WORDS_OF_WAY[way]] if way in WORDS_OF_WAY else "" for way in map(Channel, typed["ways"])}


class WhenForm(DecisionForm):
    """When it goes."""

    for_ = ShopMoment(
        label="Send at",
        required=False,
        help_text="Left empty, it goes at once.",
    )
