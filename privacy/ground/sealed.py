"""Values that rest encrypted: Fernet (AES-128-CBC with HMAC-SHA-256), keys outside the database, newest first."""

import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Unreadable(Exception):
    """No live key opens this value."""


@cache
def ring() -> MultiFernet:
    """All live keys; the first one seals."""
    try:
        return MultiFernet([Fernet(key.strip()) for key in settings.LOUPE_SEALING_KEYS])
    except ValueError:
        raise ImproperlyConfigured(
            "LOUPE_SEALING_KEYS must hold Fernet keys (32 bytes, url-safe base64), newest first."
        )


def seal_bytes(plain: bytes) -> bytes:
    """*plain*, encrypted under the newest key."""
    return ring().encrypt(plain)


def open_bytes(blob: bytes) -> bytes:
    """What was sealed. Raises `Unreadable`."""
    try:
        return ring().decrypt(bytes(blob))
    except InvalidToken:
        raise Unreadable("no live key opens this value")


def is_current(blob: bytes) -> bool:
    """Whether *blob* was sealed with the newest key, so that no older one is needed for it."""
    try:
        Fernet(settings.LOUPE_SEALING_KEYS[0].strip()).decrypt(bytes(blob))
    except InvalidToken:
        return False
    return True


def reseal(blob: bytes) -> bytes:
    """The same content, sealed with the newest key. Raises `Unreadable`."""
    return seal_bytes(open_bytes(blob))


def seal(value: Any) -> bytes:
    """A JSON value, encrypted."""
    return seal_bytes(json.dumps(value, cls=DjangoJSONEncoder).encode())


def open(blob: bytes) -> Any:  # noqa: A001 - reads as sealed.open(...)
    """The JSON value that was sealed. Raises `Unreadable`."""
    return json.loads(open_bytes(blob))


class SealedJSONField(models.BinaryField):  # type: ignore[type-arg]  # not generic at run time
    """A JSON value that the database only ever sees encrypted. Cannot be searched; empty is stored as NULL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["null"] = True
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else open(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        sealed = None if value is None or value == "" else seal(value)
        return super().get_db_prep_value(sealed, connection, prepared)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj), cls=DjangoJSONEncoder)
