"""What a column gives away before anybody declares it: does it smell of people, may anything stand in it, how does it rest."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from privacy.ground import sealed
from privacy.ground.sealed_storage import SealedStorage
from privacy.register import rotation

SMELLS: Final = re.compile(
    r"mail|phone|birth|passw|surname|(first|last|full)_?name|street|address|postal|(^|_)zip(_|code|$)|user_?agent|(^|_)ip(_|$)"
)
OF_PEOPLE: Final = (models.EmailField, models.GenericIPAddressField)
ROOMY: Final = (models.TextField, models.JSONField, models.FileField, models.BinaryField)
"""Columns in which anything may be written, a name too."""
EMPTY_WORDS: Final = {
    "a", "an", "the", "of", "is", "it", "its", "in", "no", "not", "any", "nobody", "nothing", "none", "only", "just",
    "this", "that", "some", "other", "internal", "technical", "personal", "data", "field", "column", "value", "text", "information",
}  # fmt: skip
DIGESTS: Final = re.compile(r"(^|_)(digest|hash|sha256)$")


class Rest(StrEnum):
    """How a value lies in the database."""

    CLEAR = "in the clear"
    SEALED = "sealed"
    SEALED_INSIDE = "with its secrets sealed"
    DIGEST = "as a digest"
    HASHED = "hashed"


def smells(field: Any) -> bool:
    """Whether the name or the kind of a column speaks of people."""
    return bool(SMELLS.search(field.name)) or isinstance(field, OF_PEOPLE)


def is_real_reason(reason: str) -> bool:
    """Whether a reason says what the column holds: three words, two of which are not *not*, *personal*, *data*."""
    words = re.findall(r"[\w']+", reason.lower())
    return len(words) >= 3 and len([word for word in words if word not in EMPTY_WORDS]) >= 2


def rest_of(model: type[models.Model], name: str) -> Rest:
    """How the column *name* of *model* lies in the database."""
    field = model._meta.get_field(name)
    if type(field).__module__ == sealed.__name__ or isinstance(getattr(field, "storage", None), SealedStorage):
        return Rest.SEALED
    if f"{model._meta.label}.{name}" in {place.name for place in rotation.ELSEWHERE}:
        return Rest.SEALED_INSIDE
    if name == "password" and issubclass(model, AbstractBaseUser):
        return Rest.HASHED
    return Rest.DIGEST if DIGESTS.search(name) else Rest.CLEAR
