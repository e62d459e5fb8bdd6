"""What staff type on the pages of a request: on whose desk it goes, and what they write to its person."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.ground import audit
from privacy.rights import conversation_templates, desk_people, looks
from privacy.rights.conversation_models import RequestMessage
from privacy.rights.conversation_templates import Template

NOBODY = ("", "Nobody's yet")


class DeskForm(DecisionForm):
    """Where it lay when the page was opened, so that nobody takes from a colleague what they saw on nobody's desk."""

    seen = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self._lies_on

    def clean_seen(self) -> str:
        """What the page said; whoever sends none has just looked."""
        return str(self.cleaned_data["seen"]) if self.add_prefix("seen") in self.data else self._lies_on

    @property
    def _lies_on(self) -> str:
        return "" if self.row is None else str(self.row.assigned_to)


class HandOverForm(DeskForm):
    """On whose desk it lies from now on."""

    to = forms.ChoiceField(
        label="Whose desk",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Colleagues stand here as the trail names them. Reminders of its time go to whoever has it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = [
            (audit.actor(each), f"{audit.actor(each)}, {looks.desk_of(each)}") for each in desk_people.deciding()
        ]
        self.fields["to"].choices = [NOBODY, *colleagues]  # type: ignore[attr-defined]


class WriteForm(DecisionForm):
    """A message to the person; `?template=` puts what staff often write into it."""

    text = FreeText(
        label="Message",
        max_length=RequestMessage.LONGEST,
        help_text="The person reads it on the page of the request; the mail only leads there. No names of colleagues or of others.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = next((each for each in self.templates if each.slug == self.initial.get("template")), None)
        if chosen:
            self.initial["text"] = chosen.filled(self.row)

    @property
    def templates(self) -> list[Template]:
        """What could be said about this request."""
        return [] if self.row is None else conversation_templates.of(self.row)
