"""Every mail about an account, shown on an invented one."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings

from accounts import emails
from privacy.messages.previews import BY, shows
from privacy.register.synthetic import Sketch

LINK: Final = f"{settings.LOUPE_PUBLIC_URL}/accounts/…"
FACTS: Final = {
    "activate_url": LINK,
    "password_reset_url": LINK,
    "from_email": "ada@old.example",
    "to_email": "ada@new.example",
}


def _user(sketch: Sketch) -> Any:
    user = sketch.rows["accounts.User"]
    user.last_login = user.active_at = sketch.at - timedelta(days=700)
    return user


def _from_allauth(template: str, sketch: Sketch, at: datetime) -> None:
    user = _user(sketch)
    emails.send(template, to=user.email, user=user, facts=FACTS, at=at)


for _template, _kind in emails.BY_TEMPLATE.items():
    shows(_kind)(partial(_from_allauth, _template))


@shows(emails.EMAIL_IN_USE)
def email_in_use(sketch: Sketch, at: datetime) -> None:
    emails.email_in_use(_user(sketch), at=at)


@shows(emails.DEACTIVATED)
def deactivated(sketch: Sketch, at: datetime) -> None:
    emails.deactivated(_user(sketch), by=BY, at=at)


@shows(emails.COME_BACK)
def come_back(sketch: Sketch, at: datetime) -> None:
    emails.come_back(_user(sketch), LINK, at=at)


@shows(emails.ACCOUNT_LOCKED)
def account_locked(sketch: Sketch, at: datetime) -> None:
    emails.account_locked(_user(sketch), LINK, by=BY, at=at)


@shows(emails.ATTACK_NOTICED)
def attack_noticed(sketch: Sketch, at: datetime) -> None:
    emails.attack_noticed(_user(sketch), locks=4, refused=1, by=BY, at=at)


@shows(emails.ACCOUNT_UNUSED)
def account_unused(sketch: Sketch, at: datetime) -> None:
    emails.account_unused(_user(sketch), ends_at=at + timedelta(days=60), by=BY, at=at)


@shows(emails.ACCOUNT_ENDS_SOON)
def account_ends_soon(sketch: Sketch, at: datetime) -> None:
    emails.account_ends_soon(_user(sketch), ends_at=at + timedelta(days=14), by=BY, at=at)
