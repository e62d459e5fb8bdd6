"""What follows from a sign-in and from allauth's signals: a proven address joins a guest's past, a new password ends old keys."""

from __future__ import annotations

from typing import Any

from allauth.account import signals
from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone

from accounts import emails, inactivity, security, suspicion
from accounts.models import User
from privacy.messages import suppressions
from privacy.register import subjects
from privacy.rights import identity


def address_confirmed(*, email_address: EmailAddress, **kwargs: Any) -> None:
    """Join the subjects of guests who used the address that was just proven."""
    user, now = email_address.user, timezone.now()
    proof = subjects.Proof.EMAIL_CONFIRMED
    subjects.prove(user.subject, kind="email", value=email_address.email, proof=proof, by=user, at=now)
    suppressions.reached(email_address.email, by=user, at=now)


def password_renewed(*, user: User, **kwargs: Any) -> None:
    """End the API keys made under the old password, and a lock; Django ends the sessions by itself. Copies wait for a week."""
    now = timezone.now()
    security.revoke_all_tokens(user, by=user, at=now)
    suspicion.unlock(user, by=user, at=now)
    identity.note_change(user.subject, identity.Change.PASSWORD, by=user, at=now)


def password_chosen_by_link(*, user: User, **kwargs: Any) -> None:
    """The link that was mailed for it arrived, whatever came back from there before."""
    suppressions.reached(user.email, by=user, at=timezone.now())


def address_exchanged(*, user: User, from_email_address: EmailAddress | None, **kwargs: Any) -> None:
    """Another address took the place of a confirmed one: it is told so, and copies of the account's data wait for a week."""
    if from_email_address is not None:  # else it is the first one, at sign-up
        now = timezone.now()
        identity.note_change(user.subject, identity.Change.EMAIL, by=user, at=now)
        emails.email_in_use(user, at=now)


def signed_in(*, user: User, **kwargs: Any) -> None:
    """The account is in use."""
    inactivity.restart(user, by=user, at=timezone.now())


def connect() -> None:
    """Listen, once, when the app is ready."""
    user_logged_in.connect(signed_in, dispatch_uid="accounts.signed_in")
    signals.email_confirmed.connect(address_confirmed, dispatch_uid="accounts.address_confirmed")
    signals.email_changed.connect(address_exchanged, dispatch_uid="accounts.address_exchanged")
    signals.password_changed.connect(password_renewed, dispatch_uid="accounts.password_changed")
    signals.password_set.connect(password_renewed, dispatch_uid="accounts.password_set")
    signals.password_reset.connect(password_renewed, dispatch_uid="accounts.password_reset")
    signals.password_reset.connect(password_chosen_by_link, dispatch_uid="accounts.password_chosen_by_link")
