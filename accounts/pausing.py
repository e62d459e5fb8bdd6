"""Deactivate: the customer closes the account for now, and can come back. It erases nothing.

Everybody is signed out, nothing can be bought with the account, and only mails about rights and orders still go out. Coming
back takes the password and a link mailed to the address, so that neither alone opens a closed account. What staff lock
(`security.deactivate`) only staff open again. To have everything erased is another act: `privacy.rights.requests`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts import emails, security
from accounts.models import User
from privacy.ground import audit
from privacy.messages import outbox
from privacy.register import subjects
from privacy.register.declare import Family, Refused
from privacy.rights import acts, requests
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.kinds import Kind

LINK_LIVES: Final = timedelta(hours=24)
ONE_MAIL_IN: Final = timedelta(minutes=10)
SALT: Final = "accounts.come-back"


class WorksHere(Exception):
    """A member of staff does not close the account they work with."""


class Closed(Exception):
    """The link opens nothing: changed, too old, used already, or the account is not its owner's to open."""


@transaction.atomic
def deactivate(user: User, *, by: User | str, at: datetime) -> User:
    """Close one's own account for now: a privacy request like any other, carried out at once. Raises `WorksHere`."""
    if user.is_staff or user.is_superuser:
        raise WorksHere
    request = requests.receive(Kind.DEACTIVATION, subject=user.subject, contact=user.email, by=by, at=at)
    if request.verified_at is None:
        requests.verify(request, evidence=IdentityCheck.Method.REAUTHENTICATED, by=by, at=at)
    acts.carry_out(request.pk, by=by, at=at)
    user.refresh_from_db()
    return user


def close(family: Family, *, by: audit.Actor, at: datetime) -> None:
    """Close the accounts of one person for now. Raises `Refused` where they work with one."""
    for user in User.objects.filter(subject_id__in=family, deactivated_at=None):
        if user.is_staff or user.is_superuser:
            raise Refused("they work here, and somebody else at the desk closes that account")
        _close(user, by=by, at=at)


def _close(user: User, *, by: audit.Actor, at: datetime) -> None:
    security.deactivate(user, by=audit.actor(by), at=at)
    User.objects.filter(pk=user.pk).update(can_come_back=True)
    user.refresh_from_db()
    subjects.pause(user.subject, by=by, at=at)
    emails.deactivated(user, by=by, at=at)


def offer_return(user: User, *, at: datetime) -> bool:
    """Mail the link that opens it again to whoever knew the password; at most one in ten minutes. Returns whether it went."""
    if not user.can_come_back or outbox.has_posted(emails.COME_BACK, user.subject, since=at - ONE_MAIL_IN):
        return False
    emails.come_back(user, f"{settings.LOUPE_PUBLIC_URL}{reverse('accounts:come_back')}?key={key(user)}", at=at)
    return True


@transaction.atomic
def come_back(offered: str, *, at: datetime) -> User:
    """Open the account that a mailed link names. Raises `Closed`."""
    user = opens(offered)
    return security.reactivate(user, by=user, at=at)


def key(user: User) -> str:
    """The signed part of the link: this account, closed at this moment; it dies with the next change of either."""
    assert user.deactivated_at is not None
    return signing.TimestampSigner(salt=SALT).sign_object([user.pk, user.deactivated_at.isoformat()])


def opens(offered: str) -> User:
    """The closed account that a link would open. Raises `Closed`."""
    try:
        pk, closed_at = signing.TimestampSigner(salt=SALT).unsign_object(offered, max_age=LINK_LIVES)
        user = User.objects.get(pk=pk, can_come_back=True, deactivated_at=datetime.fromisoformat(closed_at))
    except (signing.BadSignature, ValueError, TypeError, User.DoesNotExist):
        raise Closed from None
    return user
