"""What people may type when they write to us about a request, and what they may enclose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files import File

from privacy.ground import uploads
from privacy.rights import attachments
from privacy.rights.conversation_models import RequestMessage


class MessageForm(forms.Form):
    """One message about a request."""

    text = forms.CharField(
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
