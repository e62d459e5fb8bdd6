"""The field for people's own words, on every form of the shop: what is typed there is kept, a payment card's number is not.

A card has its one place, the payment provider's own page. Typed anywhere else its number never reaches a table: the form comes back
with all but the last four digits masked, says so, and takes the words as they then read. What reaches us by mail is masked by the
same rule (`privacy.messages.cards`); there the sender is told by mail.
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from privacy.messages import cards

CARD: Final = (
    "A payment card’s number stood here. We masked it and kept nothing of it but what you see. We never ask for one outside the "
    "payment page. Send this as it reads now, or change it."
)


def without_card(text: str) -> str:
    """*text*, where no card's number stands in it. *Raises* `ValidationError`."""
    if cards.masked(text)[1]:
        raise ValidationError(CARD, code="card")
    return text


class FreeText(forms.CharField):
    """Words of somebody's own."""

    def clean(self, value: Any) -> Any:
        """The words, as everywhere; a card's number among them is refused."""
        return without_card(super().clean(value))

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the page shows again, which holds no card's number either."""
        shown = super().bound_data(data, initial)
        return cards.masked(shown)[0] if isinstance(shown, str) else shown
