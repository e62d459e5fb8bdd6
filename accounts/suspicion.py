"""Somebody tries passwords: what is noted, when an account is locked for it, and how its owner opens it again.

A lock stops signing in, and nothing else: whoever is signed in stays so, and every right can be exercised without the account. The
owner shows that it is them by a mailed link or by a new password, never by an identity card. Several locks within an hour, or
somebody at the desk who reveals more than they may, are told to those who can look into it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts import emails
from accounts.models import User
from privacy.ground import audit
from privacy.ground.models import AuditEvent
from privacy.messages import outbox
from privacy.rights import looks

FAILED: Final = "sign_in.failed"
LOCKED: Final = "account.locked"
UNLOCKED: Final = "account.unlocked"
TRIES: Final = 8
WITHIN: Final = timedelta(hours=1)
LINK_LIVES: Final = timedelta(hours=24)
ONE_MAIL_IN: Final = timedelta(minutes=10)
SALT: Final = "accounts.unlock"
#: So many locks within `WITHIN` are no accident.
MANY_LOCKS: Final = 3
#: Who is told: whoever can see the accounts.
CAN_LOOK: Final = "view_user"


class NotLocked(Exception):
    """The link opens nothing: changed, too old, or used already."""


@transaction.atomic
def note_failure(email: str, *, at: datetime) -> None:
    """A wrong password was typed for this address; the last of `TRIES` within an hour locks its account."""
    user = User.objects.select_for_update().filter(email=User.objects.normalize_email(email)).first()
    if user is None or not user.is_active or user.locked_at is not None:
        return
    audit.append(FAILED, subject=user.subject_id, by="system:sign-in", at=at)
    if _failures(user, at=at) >= TRIES:
        _lock(user, at=at)


def offer_unlock(user: User, *, at: datetime) -> bool:
    """Mail the link to whoever knew the password of a locked account; at most one in ten minutes. Returns whether it went."""
    if user.locked_at is None or outbox.has_posted(emails.ACCOUNT_LOCKED, user.subject, since=at - ONE_MAIL_IN):
        return False
    emails.account_locked(user, _link(user), by="system:sign-in", at=at)
    return True


@transaction.atomic
def unlock(user: User, *, by: audit.Actor, at: datetime) -> User:
    """It is them: they may sign in again, and what was tried before counts no more."""
    if User.objects.filter(pk=user.pk, locked_at__isnull=False).update(locked_at=None):
        audit.append(UNLOCKED, subject=user.subject_id, by=by, at=at)
    user.refresh_from_db()
    return user


def opens(offered: str) -> User:
    """The locked account that a mailed link would open. Raises `NotLocked`."""
    try:
        pk, locked_at = signing.TimestampSigner(salt=SALT).unsign_object(offered, max_age=LINK_LIVES)
        return User.objects.get(pk=pk, locked_at=datetime.fromisoformat(locked_at))
    except (signing.BadSignature, ValueError, TypeError, User.DoesNotExist):
        raise NotLocked from None


def key(user: User) -> str:
    """The signed part of the link: this account, locked at this moment; it dies with the lock."""
    assert user.locked_at is not None
    return signing.TimestampSigner(salt=SALT).sign_object([user.pk, user.locked_at.isoformat()])


def watch(*, at: datetime) -> int:
    """Tell those who can look into it of what looks like an attack within the last hour; return how many were told."""
    lately = AuditEvent.objects.filter(at__gt=at - WITHIN, at__lte=at)
    locks = lately.filter(event=LOCKED).count()
    refused = lately.filter(event=looks.REFUSED).count()
    if locks < MANY_LOCKS and not refused:
        return 0
    waiting = [each for each in _watchers() if not _was_told(each, at=at)]
    for each in waiting:
        emails.attack_noticed(each, locks=locks, refused=refused, by="system:sign-in", at=at)
    return len(waiting)


def _failures(user: User, *, at: datetime) -> int:
    """Since the account was last entered or unlocked, within an hour."""
    tried = AuditEvent.objects.filter(subject_id=user.subject_id, event=FAILED, at__gt=at - WITHIN)
    unlocked = AuditEvent.objects.filter(subject_id=user.subject_id, event=UNLOCKED).order_by("-at").first()
    for moment in (user.last_login, unlocked.at if unlocked else None):
        tried = tried.filter(at__gt=moment) if moment else tried
    return tried.count()


def _lock(user: User, *, at: datetime) -> None:
    user.locked_at = at
    user.save(update_fields=["locked_at"])
    audit.append(LOCKED, subject=user.subject_id, details={"tries": TRIES}, by="system:sign-in", at=at)
    emails.account_locked(user, _link(user), by="system:sign-in", at=at)


def _link(user: User) -> str:
    return f"{settings.LOUPE_PUBLIC_URL}{reverse('accounts:unlock')}?key={key(user)}"


def _watchers() -> QuerySet[User]:
    able = User.objects.filter(is_staff=True, deactivated_at=None, groups__permissions__codename=CAN_LOOK)
    return able.select_related("subject").distinct()


def _was_told(user: User, *, at: datetime) -> bool:
    return outbox.has_posted(emails.ATTACK_NOTICED, user.subject, since=at - WITHIN)
