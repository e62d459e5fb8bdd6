"""Keys to an account and what becomes of them: sessions, API keys, unproven accounts, deactivation.

Passwords, second factors and addresses proven by link are allauth's work; `adapter` ties it to
the shop. What is here is what the shop itself decides.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import ApiToken, Session, User
from privacy.ground import audit
from privacy.register import subjects

MOST_TOKENS = 10
UNCONFIRMED_DAYS = 7


class TooManyTokens(Exception):
    """The customer already holds `MOST_TOKENS` API keys."""


class HasLeft(Exception):
    """The time a member of staff was to work here is over; the account opens again with another end, or with none."""


class TakenByStaff(Exception):
    """The address belongs to a staff account, which only staff can change."""


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The customer's API keys, newest first."""
    keys: QuerySet[ApiToken] = ApiToken.objects.filter(user=user).order_by("-created", "token_key")
    return keys


@transaction.atomic
def issue_token(user: User, *, name: str, by: User, at: datetime) -> tuple[ApiToken, str]:
    """Make an API key; the second value is the key itself, shown once and never stored. Raises `TooManyTokens`."""
    User.objects.select_for_update().get(pk=user.pk)
    if tokens_of(user).count() >= MOST_TOKENS:
        raise TooManyTokens
    token, key = ApiToken.objects.create(user=user, name=name)
    audit.append("token.issued", subject=user.subject_id, obj=token, by=by, at=at)
    return token, key


@transaction.atomic
def revoke_token(user: User, reference: str, *, by: User, at: datetime) -> bool:
    """Delete one of this customer's API keys; False where they hold no such key."""
    token = tokens_of(user).filter(token_key=reference).first()
    if token is None:
        return False
    audit.append("token.revoked", subject=user.subject_id, obj=token, by=by, at=at)
    token.delete()
    return True


@transaction.atomic
def revoke_all_tokens(user: User, *, by: User | str, at: datetime) -> int:
    """Delete every API key of this customer: whoever knew the old password may have made one."""
    gone, _ = tokens_of(user).delete()
    if gone:
        audit.append("token.revoked", subject=user.subject_id, details={"count": gone}, by=by, at=at)
    return gone


@transaction.atomic
def deactivate(user: User, *, by: User | str, at: datetime) -> User:
    """Lock the account for now: nobody can sign in, and everybody is signed out everywhere."""
    changed = User.objects.filter(pk=user.pk, deactivated_at__isnull=True).update(deactivated_at=at)
    user.refresh_from_db()
    if changed:
        sign_out_everywhere(user)
        revoke_all_tokens(user, by=by, at=at)
        audit.append("account.deactivated", subject=user.subject_id, by=by, at=at)
    return user


@transaction.atomic
def reactivate(user: User, *, by: User | str, at: datetime) -> User:
    """Open a deactivated account again. Raises `HasLeft`."""
    if user.has_left(at):
        raise HasLeft
    changed = User.objects.filter(pk=user.pk, deactivated_at__isnull=False).update(
        deactivated_at=None, can_come_back=False
    )
    user.refresh_from_db()
    if changed:
        subjects.resume(user.subject, by=by, at=at)
        audit.append("account.reactivated", subject=user.subject_id, by=by, at=at)
    return user


def end_contracts(*, by: str, at: datetime) -> int:
    """Lock out everybody who was to work here until now; return how many."""
    over = list(User.objects.filter(is_staff=True, access_until__lte=at, deactivated_at__isnull=True))
    for user in over:
        deactivate(user, by=by, at=at)
    return len(over)


def sign_out_everywhere(user: User) -> int:
    """End every session of this person, on every device; return how many there were."""
    gone, _ = Session.objects.filter(user=user).delete()
    UserSession.objects.filter(user=user).delete()
    return gone


def unconfirmed() -> QuerySet[User]:
    """Customers' accounts that nobody ever proved to own the address of, and that nobody ever entered."""
    proven = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    return User.objects.filter(~Exists(proven), is_staff=False, is_superuser=False, last_login__isnull=True)


@transaction.atomic
def sweep_unconfirmed(*, at: datetime) -> int:
    """Delete accounts whose address went unconfirmed for `UNCONFIRMED_DAYS`; return how many."""
    late = list(unconfirmed().filter(date_joined__lt=at - timedelta(days=UNCONFIRMED_DAYS)))
    for user in late:
        _drop(user, by="system:retention", at=at)
    return len(late)


@transaction.atomic
def yield_address(email: str, *, to: User, by: User | str, at: datetime) -> None:
    """Make way for the person who just proved that *email* is theirs.

    An account that merely typed the same address, and never confirmed it, is deleted: nobody
    could ever enter it. Raises `TakenByStaff` where it is not such an account.
    """
    rival = User.objects.filter(email=User.objects.normalize_email(email)).exclude(pk=to.pk).first()
    if rival is None:
        return
    if not unconfirmed().filter(pk=rival.pk).exists():
        raise TakenByStaff
    _drop(rival, by=by, at=at)


def _drop(user: User, *, by: User | str, at: datetime) -> None:
    audit.append("account.dropped", subject=user.subject_id, note="never confirmed", by=by, at=at)
    person = user.subject
    user.delete()
    if subjects.family(person) == [person.pk]:  # joined to nobody: what was typed goes, too
        subjects.mark_erased(person, by=by, at=at)
