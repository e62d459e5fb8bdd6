"""What is asked before an order is shown to an appraiser, and the file that comes back."""

from __future__ import annotations

from typing import Any

from django import forms

from orders import sharing
from orders.models import Share
from orders.sharing import Wanted
from privacy.register.declare import Processor


class ShareForm(forms.Form):
    """What is to be done, what may be shown besides the pieces, and the yes to it. No box is ticked."""

    wish = forms.ChoiceField(
        label="What would you like done?",
        widget=forms.RadioSelect,
        choices=Share.Wish.choices,
        error_messages={"required": "Choose one of the two.", "invalid_choice": "Choose one of the two."},
    )
    with_price = forms.BooleanField(label="Show the price I paid, too", required=False)
    with_contact = forms.BooleanField(
        label="Show my name and e-mail address, too", required=False, help_text="So that they can ask you something."
    )
    agree = forms.BooleanField(error_messages={"required": "Nothing is shown to anybody unless you tick this."})

    def __init__(self, appraiser: Processor, agreed: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.appraiser = appraiser
        self.fields["agree"].label = agreed

    @property
    def wanted(self) -> Wanted:
        """What was ticked and chosen."""
        return Wanted(**{name: self.cleaned_data[name] for name in ("wish", "with_price", "with_contact")})


class ValuationForm(forms.Form):
    """The appraiser's valuation."""

    file = forms.FileField(
        label="Your valuation (PDF)",
        help_text=f"Up to {sharing.LARGEST // 1024**2} MB. It is kept encrypted: only the owner of the piece and our desk open it.",
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )
