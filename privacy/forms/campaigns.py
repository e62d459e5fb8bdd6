"""What staff write into a newsletter, and when they let it go."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
)

from privacy.consent.vocabulary import Channel
from privacy.forms.moments import ShopMoment
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.messages import campaigns, pieces, writing
from privacy.messages.newsroom import Campaign

WORDS_OF_WAY: Final = {Channel.SMS: "sms_text", Channel.POST: "letter_text"}
"""The field in which a way's own words are written."""


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
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
        return typed

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
