"""Accounts nobody uses: two warnings, then the erasure that their owner could have asked for.

Only the customer's own acts count as use: signing in, ordering, writing to us. What others do with the account (a mail sent or
opened, staff looking, a password reset that a stranger asked for) leaves the clock alone. How long is the shop's policy
(`inactive_years`). The warnings come `FIRST_WARNING` and `LAST_WARNING` before the end; one that comes late puts the end off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from accounts import emails
from accounts.models import User
from privacy.ground.audit import Actor
from privacy.register.declare import Retention
from privacy.rights import disuse

FIRST_WARNING: Final = timedelta(days=60)
LAST_WARNING: Final = timedelta(days=14)
BETWEEN: Final = FIRST_WARNING - LAST_WARNING
UNUSED: Final = Retention.years("inactive", anchor="active_at")


@dataclass(frozen=True)
class Swept:
    """How many were warned for the first time and for the last, and how many accounts are on their way out."""

    warned: int
    warned_last: int
    ended: int


@transaction.atomic
def restart(user: User, *, by: Actor, at: datetime) -> None:
    """The customer did something themself: the clock begins anew, and what was announced is off."""
    mine = User.objects.filter(pk=user.pk)
    mine.update(active_at=Greatest(F("active_at"), at))
    if mine.filter(warned_at__isnull=False).update(warned_at=None, last_warned_at=None):
        disuse.take_back(user.subject, by=by, at=at)


def sweep(*, by: Actor, at: datetime) -> Swept:
    """Warn, warn again, and end what nobody used; each account in a transaction of its own."""
    return Swept(
        warned=sum(_warn(user, by=by, at=at) for user in to_warn(at).iterator()),
        warned_last=sum(_warn_again(user, by=by, at=at) for user in to_warn_again(at).iterator()),
        ended=sum(_end(user, by=by, at=at) for user in to_end(at).iterator()),
    )


def to_warn(at: datetime) -> QuerySet[User]:
    """Not told yet that their account ends in `FIRST_WARNING`."""
    return _unused(at + FIRST_WARNING).filter(warned_at__isnull=True)


def to_warn_again(at: datetime) -> QuerySet[User]:
    """Told a while ago; it ends in `LAST_WARNING`."""
    return _unused(at + LAST_WARNING).filter(warned_at__lte=at - BETWEEN, last_warned_at__isnull=True)


def to_end(at: datetime) -> QuerySet[User]:
    """Unused for the whole time, and warned in time."""
    return _unused(at).filter(last_warned_at__lte=at - LAST_WARNING)


def ends_at(user: User, *, at: datetime) -> datetime:
    """When the account ends if nobody uses it: never before the warnings that are still to come have had their time."""
    told, notice = (user.last_warned_at, LAST_WARNING) if user.last_warned_at else (user.warned_at or at, FIRST_WARNING)
    unused = UNUSED.until(user)
    assert unused is not None  # its anchor is never empty
    return max(unused, told + notice)


def _unused(at: datetime) -> QuerySet[User]:
    """Customers' accounts whose time without use has run at *at*; whoever has their data restricted keeps them (GDPR Art. 18)."""
    customers = User.objects.filter(is_staff=False, is_superuser=False, subject__restricted_at__isnull=True)
    return customers.filter(UNUSED.past_due(at)).select_related("subject").order_by("pk")


@transaction.atomic
def _warn(user: User, *, by: Actor, at: datetime) -> bool:
    mine = User.objects.filter(pk=user.pk, active_at=user.active_at, warned_at__isnull=True)
    if not mine.update(warned_at=at):
        return False
    emails.account_unused(user, ends_at=ends_at(user, at=at), by=by, at=at)
    return True


@transaction.atomic
def _warn_again(user: User, *, by: Actor, at: datetime) -> bool:
    mine = User.objects.filter(pk=user.pk, active_at=user.active_at, last_warned_at__isnull=True)
    if not mine.update(last_warned_at=at):
        return False
    user.last_warned_at = at
    emails.account_ends_soon(user, ends_at=ends_at(user, at=at), by=by, at=at)
    return True


@transaction.atomic
def _end(user: User, *, by: Actor, at: datetime) -> bool:
    still_unused = User.objects.select_for_update().filter(pk=user.pk, active_at=user.active_at)
    if not still_unused.exists():
        return False
    since = user.active_at
    return disuse.end(user.subject, contact=user.email, unused_since=since, by=by, at=at) is not None
