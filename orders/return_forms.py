"""What a return asks: of the customer who sends something back, and of the desk that says no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from orders import return_rights
from orders.models import Return
from orders.return_rights import Offer, Returnable
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText


class ReturnForm(forms.Form):
    """How many of which piece, why, and what instead. Nothing but the pieces has to be said."""

    reason = forms.ChoiceField(
        label="Why does it come back?",
        required=False,
        widget=forms.RadioSelect,
        choices=[*Return.Reason.choices, ("", "I would rather not say")],
        initial="",
    )
    words = FreeText(
        label="What else we should know",
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept sealed, and gone 90 days after the return is over.",
    )
    wish = FreeText(
        label="If you would like another piece instead, which",
        max_length=300,
        required=False,
        help_text="Another size or metal, for example. We write to you about it; the money goes back in any case.",
    )

    def __init__(self, offer: Offer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer = offer
        self.pieces = {f"line_{piece.line.pk}": piece for piece in offer.pieces if piece.left}
        for name, piece in self.pieces.items():
            self.fields[name] = _how_many(piece)
        self.order_fields([*self.pieces, "reason", "words", "wish"])

    def piece_fields(self) -> Iterator[tuple[forms.BoundField, Returnable]]:
        """The pieces with their fields, for the template."""
        return ((self[name], piece) for name, piece in self.pieces.items())

    @property
    def wanted(self) -> dict[int, int]:
        """How many of which line."""
        return {piece.line.pk: self.cleaned_data.get(name) or 0 for name, piece in self.pieces.items()}

    def clean(self) -> dict[str, Any]:
        """Say what stands in the way before anything is asked for; the room asks again."""
        cleaned = super().clean() or {}
        chosen = [piece.line for name, piece in self.pieces.items() if cleaned.get(name)]
        if self.errors:
            return cleaned
        try:
            if not chosen:
                raise return_rights.NothingChosen
            self.right = self.offer.right_to(chosen, cleaned["reason"])
        except return_rights.NotReturnable as refused:
            raise ValidationError(str(refused))
        return cleaned

    def chosen(self) -> list[tuple[int, Returnable]]:
        """What comes back, for the page that asks once more."""
        return [(self.cleaned_data[name], piece) for name, piece in self.pieces.items() if self.cleaned_data[name]]

    def kept(self) -> Iterator[tuple[str, str]]:
        """What was typed, for the page that asks once more to carry along."""
        return ((name, str(self.cleaned_data.get(name) or "")) for name in self.fields)


class RefuseReturnForm(DecisionForm):
    """On which ground, and in which words: the customer reads both."""

    ground = forms.ChoiceField(label="Ground", widget=UnfoldAdminSelectWidget)
    answer = FreeText(
        label="In your words",
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The customer reads this below the ground. Never name a person.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the grounds that there are against the right it rests on."""
        super().__init__(*args, **kwargs)
        grounds = () if self.row is None else return_rights.GROUNDS[Return.Right(self.row.right)]
        self.fields["ground"].choices = [(each.value, each.label) for each in grounds]  # type: ignore[attr-defined]


def _how_many(piece: Returnable) -> forms.TypedChoiceField:
    """None, one, or as many as are left of it."""
    counts = [(str(many), str(many) if many else "None") for many in range(piece.left + 1)]
    if piece.left == 1:
        counts = [("0", "I keep it"), ("1", "I send it back")]
    return forms.TypedChoiceField(label=piece.line.title, choices=counts, coerce=int, initial="0", required=False)
