"""The session engine (SESSION_ENGINE): Django's rows in the database, each with the account it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from allauth.account.utils import url_str_to_user_pk
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from accounts.models import Session
from privacy.ground import digests

ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

# Where allauth keeps a sign-in that waits for a confirmed address or a second factor.
PENDING_LOGIN = "account_login"


class SessionStore(db.SessionStore):
    """Writes `accounts.Session`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table the rows are in."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row for *data*, with the account named beside the payload."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.user_id = account_in(data)
        row.names = [] if row.user_id else sorted(set(names_in(data)))
        return row


def names_in(data: Any) -> Iterator[str]:
    """The digests, under every live key, of the e-mail addresses anywhere in a session's data."""
    if isinstance(data, str) and ADDRESS.fullmatch(data.strip()):
        yield from (digest.value for digest in digests.all_of("email", data))
    for inner in data.values() if isinstance(data, dict) else data if isinstance(data, list | tuple) else ():
        yield from names_in(inner)


def account_in(data: dict[str, Any]) -> int | None:
    """The account a session is signed in to, or is on its way into."""
    if SESSION_KEY in data:
        return int(data[SESSION_KEY])
    pending = (data.get(PENDING_LOGIN) or {}).get("user_pk")
    return None if pending is None else int(url_str_to_user_pk(pending))
