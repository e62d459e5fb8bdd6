"""What people type to ask for something, and to show who they are."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms

from privacy.forms import language
from privacy.forms.language import LanguageField
from privacy.forms.texts import FreeText
from privacy.forms.wishes import WishForm
from privacy.ground import digests, uploads
from privacy.register.declare import Facts
from privacy.rights import agents, attachments, kinds
from privacy.rights import facts as facts_room
from privacy.rights.kinds import Kind

LEADS_SOMEWHERE: Final = re.compile(r"[@/\\:<>]|www\.|\.(?=[a-z]{2,})|\d{5}", re.IGNORECASE)
"""An address, a link or a telephone number."""


class FactsForm(forms.Form):
    """One field for each question that the rows' own app asks; two of them are enough."""

    def __init__(self, *args: Any, facts: Facts | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for fact in facts.asks if facts else ():
            self.fields[fact.slug] = forms.CharField(
                label=fact.question,
                help_text=fact.hint,
                max_length=60,
                required=False,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )

    def clean(self) -> dict[str, Any]:
        """Fewer than two are no try: it is said before anything is held against anything."""
        typed = super().clean() or {}
        given = [answer for answer in typed.values() if answer.strip()]
        if self.fields and not self.errors and len(given) < facts_room.NEEDED:
            raise forms.ValidationError("Answer two of these questions, whichever you like.")
        return typed


class AskForm(WishForm):
    """What somebody without an account asks for, and the address the answer goes to; what else is asked depends on the kind."""

    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        help_text="The one you ordered or signed up with. What we have to say goes there.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )

    language = LanguageField(help_text="Of everything we write to you about it, and after it.")

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, rule=kinds.rule(kind), **kwargs)
        # To opt out takes an address and nothing else.
        if not language.is_asked() or self.rule.proof is kinds.Proof.NOTHING:
            self.fields.pop("language", None)
        self.order_fields([*self.rule.asks, *self.base_fields])

    def clean_email(self) -> str:
        """Two spellings of one mailbox are one address."""
        return digests.normal_email(str(self.cleaned_data["email"]))


class AgentForm(AskForm):
    """The same for somebody else, with who asks and the paper that says they may."""

    # The language of somebody else's letters is not theirs to choose.
    language = None  # type: ignore[assignment]  # how Django takes a field away

    agent_name = FreeText(
        label="Your name, or your company's",
        max_length=80,
        help_text="The person you act for reads it in our mail.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    agent_email = forms.EmailField(
        label="Your own e-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    permission = forms.FileField(
        label="Their written permission",
        help_text=f"Signed by them: a PDF, PNG or JPEG of at most {attachments.LARGEST // 1024**2} MB. No identity card.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,application/pdf,image/png,image/jpeg"}),
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        self.fields["email"].label = "The e-mail address of the person you act for"
        self.fields["email"].help_text = "The one they ordered or signed up with."
        self.fields["email"].widget.attrs["autocomplete"] = "off"

    def clean_agent_name(self) -> str:
        """It goes into a mail to somebody who does not know them: words, and nothing that leads anywhere."""
        name = " ".join(str(self.cleaned_data["agent_name"]).split())
        if LEADS_SOMEWHERE.search(name) or not name.isprintable():
            raise forms.ValidationError("A name only: no addresses, links or numbers.")
        return name

    def clean_permission(self) -> Any:
        """A file that is kept, whatever it is called."""
        upload = self.cleaned_data["permission"]
        try:
            attachments.check(upload)
        except uploads.NotAccepted as refused:
            raise forms.ValidationError(str(refused), code="refused")
        return upload

    @property
    def mandate(self) -> agents.Mandate:
        """Who asks, and by what right."""
        typed = self.cleaned_data
        return agents.Mandate(typed["agent_name"], digests.normal_email(typed["agent_email"]), typed["permission"])
