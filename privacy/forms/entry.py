"""What staff type when they take a request in, or put a file away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from privacy.forms.moments import ShopMoment
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.forms.wishes import WishForm
from privacy.ground import digests
from privacy.rights import kinds
from privacy.rights.kinds import Kind
from privacy.rights.models import Channel


class EntryForm(WishForm):
    """A call or a letter: what they want, when it reached us, and the address to which everything is mailed."""

    channel = forms.ChoiceField(
        label="It came",
        choices=[(each.value, each.label) for each in (Channel.PHONE, Channel.POST)],
        widget=UnfoldAdminSelectWidget,
    )
    received_at = ShopMoment(
        label="When it reached us",
        help_text="The time of the answer runs from here: from the call, or from the day the letter lay in our box.",
    )
    email = forms.EmailField(
        label="Their e-mail address",
        max_length=254,
        help_text="As they say it. A letter without one: take that of the order it names. The link we mail there is their proof.",
        widget=UnfoldAdminEmailInputWidget,
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, rule=kinds.rule(kind), **kwargs)
        for name in self.rule.asks:
            self.fields[name].widget = _of_the_desk(self.fields[name])
        self.fields["received_at"].initial = timezone.now().replace(second=0, microsecond=0)

    def clean_email(self) -> str:
        """Two spellings of one mailbox are one address."""
        return digests.normal_email(str(self.cleaned_data["email"]))


class DiscardForm(DecisionForm):
    """Why a file is put away."""

    reason = FreeText(
        label="Reason",
        min_length=8,
        max_length=200,
        help_text="It is written in the audit trail. Name the matter, never the person.",
        widget=UnfoldAdminTextInputWidget,
    )


def _of_the_desk(field: forms.Field) -> forms.Widget:
    """The same field as the desk's pages draw it."""
    desk: forms.Widget
    if isinstance(field, forms.ChoiceField):
        desk = UnfoldAdminSelectWidget(choices=field.choices)
    elif isinstance(field.widget, forms.Textarea):
        desk = UnfoldAdminTextareaWidget()
    else:
        desk = UnfoldAdminTextInputWidget()
    return desk
