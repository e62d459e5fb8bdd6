"""What people may type when they write to us about a request, and what they may enclose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files import File

from privacy.forms.texts import FreeText
from privacy.ground import digests, uploads
from privacy.rights import attachments
from privacy.rights.conversation_models import RequestMessage


class MessageForm(forms.Form):
    """One message about a request."""

    text = FreeText(
        label="Your message",
        max_length=RequestMessage.LONGEST,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
        error_messages={"required": "Write a few words first."},
    )
    attachment = forms.FileField(
        label="A file, if it helps",
        required=False,
        help_text=f"A PDF, PNG or JPEG of at most {attachments.LARGEST // 1024**2} MB. No identity card: we never need one.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,application/pdf,image/png,image/jpeg"}),
    )

    def clean_attachment(self) -> File[Any] | None:
        """A file of a kind that we keep, or none."""
        upload: File[Any] | None = self.cleaned_data["attachment"]
        try:
            if upload is not None:
                attachments.check(upload)
        except uploads.NotAccepted as refused:
            raise forms.ValidationError(str(refused), code="refused")
        return upload


class AppealForm(forms.Form):
    """Why our no was wrong; without an account also where the answer goes, since we forgot the address with the no."""

    text = FreeText(
        label="What did we get wrong?",
        max_length=RequestMessage.LONGEST,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
        error_messages={"required": "Write a few words first."},
    )
    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        help_text="For the answer. We forgot the one you gave us when the request ended.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )

    def __init__(self, typed: Mapping[str, Any] | None = None, *, known: str = "") -> None:
        super().__init__(typed)
        self.known = known
        if known:
            del self.fields["email"]

    @property
    def contact(self) -> str:
        """Where the answer goes."""
        return self.known or digests.normal_email(self.cleaned_data["email"])
