"""What people type to ask for something, and to show who they are."""

from __future__ import annotations

from typing import Any

from django import forms

from privacy.register.declare import Facts
from privacy.rights import facts as facts_room


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
