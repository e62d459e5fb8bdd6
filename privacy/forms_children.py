"""What parents, and people who report something about a child, type."""

from __future__ import annotations

from django import forms


class AgreeForm(forms.Form):
    """A parent's yes: one box of its own, never ticked beforehand."""

    agrees = forms.BooleanField(label="I agree", error_messages={"required": "Tick this if you agree."})
