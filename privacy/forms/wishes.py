"""What a request of a kind asks besides whose it is: one field for each name in `kinds.Rule.asks`, the same on every channel.

The values are what `DataRequest.wishes` holds: a purpose by `objections.key`, a matter of consent by its value, words as typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django import forms

from privacy.consent.vocabulary import Matter
from privacy.forms.texts import FreeText
from privacy.rights import objection
from privacy.rights.kinds import Rule

LONGEST: Final = 4_000
GROUNDS: Final = (
    ("asked", "I would rather not say, or for another reason"),
    ("accuracy", "Something is wrong, and you are looking into it"),
    ("unlawful", "You should not have it, and I do not want it erased"),
    ("claims", "I need it for a claim of mine"),
    ("weighing", "I objected, and you are weighing it"),
)
"""Why data may be set aside (GDPR Art. 18(1)); a person need not know which it is, so none of the law's is chosen for them."""


def _line(label: str, *, help_text: str = "", longest: int = 200, is_needed: bool = True) -> Callable[[], forms.Field]:
    return lambda: FreeText(label=label, help_text=help_text, max_length=longest, required=is_needed)


def _text() -> forms.Field:
    return FreeText(
        label="In your words",
        help_text="What we should know to do it. Leave out what we need not know; we ask for no copy of an identity card.",
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


def _purpose() -> forms.Field:
    every = [(key, f"{words[:1].upper()}{words[1:]}") for key, words in objection.offered()]
    return forms.ChoiceField(label="What shall we stop?", choices=every)


def _matter() -> forms.Field:
    every = [("", "Everything I agreed to"), *((each.value, each.words) for each in Matter)]
    return forms.ChoiceField(label="What do you take back?", choices=every, required=False)


FIELDS: Final[Mapping[str, Callable[[], forms.Field]]] = {
    "about": _line("Whom or what is it about?", help_text="An order's number, a page, an account's address."),
    "field": _line("What is wrong?", help_text="Your name, an address, a telephone number."),
    "value": _line("How should it read?"),
    "ground": lambda: forms.ChoiceField(label="Why?", choices=GROUNDS, required=False),
    "purpose": _purpose,
    "matter": _matter,
    "text": _text,
}


def fields_of(asks: Iterable[str]) -> dict[str, forms.Field]:
    """The fields of these names, in order; a name without a field of its own is a line of text."""
    return {name: FIELDS.get(name, _line(name.replace("_", " ").capitalize(), is_needed=False))() for name in asks}


class WishForm(forms.Form):
    """What a kind asks besides whose request it is; nothing else is taken."""

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        self.fields.update(fields_of(rule.asks))
        if rule.is_answered:
            self.fields["text"].required = True

    @property
    def wishes(self) -> dict[str, str]:
        """What exactly is asked."""
        return wishes_in(self.cleaned_data, self.rule.asks)


def wishes_in(typed: Mapping[str, Any], asks: Iterable[str]) -> dict[str, str]:
    """What was typed into those fields; what was left empty is left out."""
    return {name: str(typed[name]).strip() for name in asks if str(typed.get(name) or "").strip()}
