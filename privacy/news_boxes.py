"""Boxes for news on a form that is about something else: sign-up and checkout.

One for each topic, each with words of its own, none ticked, none required: the form goes through whatever is ticked (GDPR Art. 7(2)
and (4); CJEU C-673/17, Planet49). What is kept of a tick is the very text that stood beside it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms

from privacy.consent import notices
from privacy.consent.vocabulary import Matter, Surface
from privacy.messages import wishes

PREFIX: Final = "news_"


class NewsBoxes(forms.Form):
    """Mixed into a form; `ticked` says for which topics there was a yes."""

    news_surface: ClassVar[Surface]
    news_help: str  # what holds for every box: how it ends, and that nothing depends on it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.news_help = ""
        for topic in self.news_topics():
            label, _, self.news_help = notices.text(wishes.box_notice(topic, self.news_surface)).partition("\n")
            self.fields[f"{PREFIX}{topic}"] = forms.BooleanField(label=label, required=False, initial=False)

    def news_topics(self) -> list[Matter]:
        """The topics that there is a box for."""
        return list(wishes.ORDER)

    def news_fields(self) -> list[forms.BoundField]:
        """The boxes, for the template."""
        return [self[f"{PREFIX}{topic}"] for topic in self.news_topics()]

    def ticked(self) -> list[Matter]:
        """The topics somebody asked to hear of."""
        return [topic for topic in wishes.ORDER if self.cleaned_data.get(f"{PREFIX}{topic}")]
