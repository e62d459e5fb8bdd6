"""What parents type, and what staff who look into a report about a child have to say."""

from __future__ import annotations

from django import forms
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget

from privacy.forms.pages import DecisionForm
from privacy.ground import digests
from privacy.rights.child_models import ChildCase


class AgreeForm(forms.Form):
    """A parent's yes: one box of its own, never ticked beforehand."""

    agrees = forms.BooleanField(label="I agree", error_messages={"required": "Tick this if you agree."})


class WhichChildForm(DecisionForm):
    """Whom it is about."""

    address = forms.EmailField(
        label="The child's e-mail address",
        max_length=254,
        widget=UnfoldAdminEmailInputWidget,
        help_text="As the report says it, once you are sure. It is not written down here.",
    )

    def clean_address(self) -> str:
        """Two spellings of one mailbox are one address."""
        return digests.normal_email(self.cleaned_data["address"])


class ParentForm(DecisionForm):
    """Where a parent reads mail."""

    address = forms.EmailField(
        label="The parent's e-mail address",
        max_length=254,
        widget=UnfoldAdminEmailInputWidget,
        help_text="One mail goes there. It is not kept.",
    )

    def clean_address(self) -> str:
        """Two spellings of one mailbox are one address."""
        return digests.normal_email(self.cleaned_data["address"])


class ChildForm(WhichChildForm):
    """And how we know. Nobody asks for a paper of a child."""

    how = forms.ChoiceField(
        label="How do we know?", choices=[("", "Choose"), *ChildCase.How.choices], widget=UnfoldAdminSelectWidget
    )
