"""What every check of the register gives: an id, a sentence, and what to do about it."""

from typing import Any, Final

from django.core import checks

REMEDIES: Final = {
    "E001": "Declare it in a personal_data.py of the app that holds it.",
    "E002": "Correct the name, or take the declaration away with the model or field it speaks of.",
    "E003": "Give look-up paths that end at privacy.Subject, or at a plain `subject_id` column, or ByValue(find, words, owners).",
    "E004": "Name at least one member of Purpose; a new purpose enters the list together with its lawful basis.",
    "E005": "Declare it with personal(Category....), or say in a few words what it really holds.",
    "E006": "On a kept row say BLANK, replace(...) or keep('why'); on a deleted row say nothing; a blanked column must allow it.",
    "E007": "Take one `after=` away: a row goes before the row it points at, the account and its identifiers last.",
    "E008": "Give Retention.years/months/days an anchor or a fallback that is always filled, or until_event(...) with its model.",
    "E009": "Give a second path that is always filled, or say with orphans='...' whose rows those are, and a dated retention.",
    "E010": "Store it in a field of privacy.ground.sealed, or as a digest; or it is not sensitive.",
    "E011": "Keep one of the two.",
    "E012": "Say link('why', edge=Edge....): DEEP on a row that is deleted; DETACH, KEEP_UNTIL or PLACEHOLDER on one that is kept.",
    "E013": "Declare the model with declare(...): its rows lead to a person.",
    "E014": "Name the recipient on the field, and the key that carries it in the processor's payload; or take both away.",
    "E015": "Give a kind that serves Purpose.MARKETING the Matter it needs a yes to, and no other kind one.",
    "E016": 'Take the tag out of the environment, the partner out of the profile, or promise less: targeting_tags = "consent".',
    "E017": "Name it in [processors] of the shop's profile: signed_on, document, terms, country, mechanism (docs/registers.md).",
    "E018": "Put it on the lists of the shop's profile, collects and uses, or hold and do nothing of it (docs/register.md).",
    "E019": "Weigh it, and say so in [weighings] of the shop's profile: decided_on, decided_by, review_on (docs/register.md).",
    "E020": "Say it in [reviews.links] and [reviews.partners] of the shop's profile: reviewed_on, review_on (docs/registers.md).",
    "W001": "Look at it again, and set the new days in [weighings] of the shop's profile.",
}
"""What to do about each, where the finding itself has nothing better to say. docs/register.md explains them."""


def warning(code: str, sentence: str) -> checks.Warning:
    """The finding *code* (`W001`), which stops nothing."""
    return checks.Warning(sentence, hint=REMEDIES[code], id=f"privacy.{code}")


def error(code: str, sentence: str, *, hint: str = "", obj: Any = None) -> checks.Error:
    """The finding *code* (`E008`)."""
    return checks.Error(sentence, hint=hint or REMEDIES[code], obj=obj, id=f"privacy.{code}")
