"""What people may type into the pages of privacy."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from privacy.forms.texts import FreeText
from privacy.ground import digests, public_hosts
from privacy.proof import certificates, receipts, verdicts
from privacy.rights import grounds, transfer


class AddressForm(forms.Form):
    """One e-mail address and nothing else."""

    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )

    def clean_email(self) -> str:
        """Two spellings of one mailbox are one address."""
        return digests.normal_email(str(self.cleaned_data["email"]))


class CodeForm(forms.Form):
    """The six digits that were mailed."""

    code = forms.CharField(
        label="The six digits",
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": True}
        ),
    )


class TransferForm(forms.Form):
    """Where a copy shall go."""

    address = forms.CharField(
        label="The other provider's https address",
        max_length=2_000,
        help_text="They tell you which. We send the ZIP there with PUT, once, and follow no redirect.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}),
    )

    def clean_address(self) -> str:
        """An address of a public host, as far as its text tells."""
        typed = str(self.cleaned_data["address"]).strip()
        try:
            self.target = transfer.read(typed)
        except public_hosts.Refused as refused:
            raise forms.ValidationError(str(refused), code="refused")
        return typed


class Papers(Protocol):
    """The room that knows one kind of signed paper."""

    @property
    def MAX_FILE(self) -> int:  # noqa: N802  # a constant of the room
        """How many bytes the largest file may have."""

    def verify_pasted(self, text: str) -> verdicts.Verdict:
        """Check what somebody typed or pasted."""

    def verify_file(self, data: bytes) -> verdicts.Verdict:
        """Check a file."""


class CheckForm(forms.Form):
    """A paper of ours to be checked: what its holder types or pastes, or its file."""

    pasted = forms.CharField(
        max_length=verdicts.MAX_PASTED,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(label="Or the file", required=False)

    label: ClassVar[str]
    help_text: ClassVar[str]
    accepts: ClassVar[str]
    empty: ClassVar[str]  # what is said where nothing was given
    papers: ClassVar[Papers]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pasted"].label = self.label
        self.fields["file"].help_text = self.help_text
        self.fields["file"].widget.attrs["accept"] = self.accepts

    def clean(self) -> dict[str, Any]:
        """One of the two is enough."""
        typed = super().clean() or {}
        if not self.errors and not typed.get("pasted") and not typed.get("file"):
            raise forms.ValidationError(self.empty)
        return typed

    def verdict(self) -> verdicts.Verdict:
        """What became of the check; the file counts where both were given."""
        if file := self.cleaned_data["file"]:
            return self.papers.verify_file(file.read(self.papers.MAX_FILE + 1))
        return self.papers.verify_pasted(self.cleaned_data["pasted"])


class CheckCertificateForm(CheckForm):
    """A certificate: its reference, the JSON that its holder has, or the file."""

    label = "Reference, or the certificate's JSON"
    help_text = "JSON or PDF, as it was downloaded."
    accepts = ".json,.pdf,application/json,application/pdf"
    empty = "Type a reference, paste a certificate, or choose its file."
    papers: ClassVar[Papers] = certificates


class CheckReceiptForm(CheckForm):
    """A receipt for consent: its number, the JSON that its holder has, or the file."""

    label = "Number, or the receipt's JSON"
    help_text = "As it was downloaded."
    accepts = ".json,application/json"
    empty = "Type a number, paste a receipt, or choose its file."
    papers: ClassVar[Papers] = receipts


class DecisionForm(forms.Form):
    """What a decision about a *row* has to be told: nothing more than yes, unless a form adds its fields."""

    def __init__(self, *args: Any, row: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row


class RefusalForm(DecisionForm):
    """Staff say no, on which ground of the law and why: the person reads these very words."""

    ground = forms.ChoiceField(label="Ground", widget=UnfoldAdminSelectWidget)
    reason = FreeText(
        label="Reason",
        max_length=2000,
        help_text="The person reads these words below the ground. Say what would make the request possible.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the grounds that the law of this person's residence knows for what they ask."""
        super().__init__(*args, **kwargs)
        open_ones = [] if self.row is None else grounds.open_to(self.row)
        self.fields["ground"].choices = [(each.ground, f"{each.words} ({each.source})") for each in open_ones]  # type: ignore[attr-defined]


class AnswerForm(DecisionForm):
    """What we have to say to a complaint or a question: the person reads these very words."""

    text = FreeText(
        label="Answer",
        max_length=10_000,
        help_text="The person reads these words on the page of the request; the mail only leads there.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10}),
    )


class ReceiptForm(DecisionForm):
    """How something was done by hand."""

    receipt = FreeText(
        label="How it was done",
        max_length=200,
        help_text="A ticket, a letter, the page you used. Name nobody.",
        widget=UnfoldAdminTextInputWidget,
    )


class ExtensionForm(DecisionForm):
    """Staff say why a request takes longer: the person reads these very words."""

    reason = FreeText(
        label="Reason",
        max_length=2000,
        help_text="The person reads these words. Say what makes it complicated; too much work elsewhere is no reason.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )


class RevealForm(forms.Form):
    """Staff say why they must read what is masked; the person may read these words."""

    reason = FreeText(
        label="Reason",
        min_length=8,
        max_length=200,
        help_text="It is written in the audit trail, and the person can read it. Name the matter, never the person.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
