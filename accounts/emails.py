"""The mails about an account. allauth decides when one is due; each goes out through the outbox.

`BY_TEMPLATE` maps allauth's name of a mail to ours; the three templates of each stand in
`templates/emails/accounts/`. A mail missing here is an error, never a silent default text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from accounts.models import User
from privacy.ground.audit import Actor
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.declare import Purpose


class UnknownMail(Exception):
    """allauth asked for a mail that the shop has no words for."""


def _kind(name: str, label: str, purpose: Purpose = Purpose.SECURITY, *, proves_address: bool = False) -> Kind:
    # They reach a restricted person too: each answers something just done to the account, or asked for.
    return Kind(
        f"accounts.{name}", purpose=purpose, label=label, reaches_restricted=True, proves_address=proves_address
    )


CONFIRM_SIGNUP = _kind("confirm_signup", "Confirm your e-mail address", Purpose.ACCOUNT, proves_address=True)
CONFIRM_CHANGE = _kind("confirm_change", "Confirm your new e-mail address", Purpose.ACCOUNT, proves_address=True)
ALREADY_EXISTS = _kind("already_exists", "You already have an account")
EMAIL_CHANGED = _kind("email_changed", "Your e-mail address was changed")
EMAIL_IN_USE = _kind("email_in_use", "Your new e-mail address is in use", Purpose.ACCOUNT)
PASSWORD_RESET_LINK = _kind("password_reset_link", "Choose a new password", Purpose.ACCOUNT, proves_address=True)
PASSWORD_CHANGED = _kind("password_changed", "Your password was changed")
DEACTIVATED = _kind("deactivated", "Your account is closed for now")
COME_BACK = _kind("come_back", "Open your account again")
ACCOUNT_LOCKED = _kind("account_locked", "Somebody tried passwords on your account")
ATTACK_NOTICED = _kind("attack_noticed", "This looks like an attack")
TOTP_ADDED = _kind("totp_added", "Authenticator app added")
TOTP_REMOVED = _kind("totp_removed", "Authenticator app removed")
RECOVERY_CODES_MADE = _kind("recovery_codes_made", "New recovery codes")
ACCOUNT_UNUSED = Kind("accounts.account_unused", purpose=Purpose.ACCOUNT, label="Your account is not used")
ACCOUNT_ENDS_SOON = Kind("accounts.account_ends_soon", purpose=Purpose.ACCOUNT, label="Your account ends soon")
SOCIAL_ADDED = _kind("social_added", "Another way to sign in was added")
SOCIAL_REMOVED = _kind("social_removed", "A way to sign in was removed")

BY_TEMPLATE: Mapping[str, Kind] = {
    "account/email/email_confirmation_signup": CONFIRM_SIGNUP,
    "account/email/email_confirmation": CONFIRM_CHANGE,
    "account/email/account_already_exists": ALREADY_EXISTS,
    "account/email/email_changed": EMAIL_CHANGED,
    "account/email/password_reset_key": PASSWORD_RESET_LINK,
    "account/email/password_changed": PASSWORD_CHANGED,
    "account/email/password_reset": PASSWORD_CHANGED,
    "account/email/password_set": PASSWORD_CHANGED,
    "mfa/email/totp_activated": TOTP_ADDED,
    "mfa/email/totp_deactivated": TOTP_REMOVED,
    "mfa/email/recovery_codes_generated": RECOVERY_CODES_MADE,
    "socialaccount/email/account_connected": SOCIAL_ADDED,
    "socialaccount/email/account_disconnected": SOCIAL_REMOVED,
}

# The one link of a mail: the fact that holds it, and the words on it.
ACTIONS: Mapping[Kind, tuple[str, str]] = {
    CONFIRM_SIGNUP: ("activate_url", _("Confirm this address")),
    CONFIRM_CHANGE: ("activate_url", _("Confirm this address")),
    ALREADY_EXISTS: ("password_reset_url", _("Choose a new password")),
    PASSWORD_RESET_LINK: ("password_reset_url", _("Choose a new password")),
}

# Why a mail was sent, as its foot says. A stranger may have typed the address of the first three.
YOUR_ACCOUNT = _("your account")
WHY: Mapping[Kind, str] = {
    CONFIRM_SIGNUP: _("a new account with this address"),
    ALREADY_EXISTS: _("somebody who typed this address"),
    CONFIRM_CHANGE: _("an account that is to use this address"),
}

# What else a template may say. Anything more that allauth offers (the request, the IP address) stays out.
SAYABLE = ("from_email", "to_email")


def send(template: str, *, to: str, user: User | None, facts: Mapping[str, Any], at: datetime) -> None:
    """Post the mail allauth calls *template*. Raises `UnknownMail`."""
    kind = BY_TEMPLATE.get(template)
    if kind is None:
        raise UnknownMail(template)
    context = {name: facts[name] for name in SAYABLE if name in facts}
    # A name is greeted only once its account was entered: before that, anybody may have typed it.
    name = user.get_short_name() if user is not None and user.last_login is not None else ""
    context |= {"name": name, "email": to, "at": at, "why": WHY.get(kind, YOUR_ACCOUNT)}
    if kind in ACTIONS:
        fact, label = ACTIONS[kind]
        context |= {"action_url": facts[fact], "action_label": label}
    outbox.post(
        kind,
        to=to,
        subject=user.subject if user else None,
        context=context,
        by=user or "system:accounts",
        at=at,
    )


def email_in_use(user: User, *, at: datetime) -> None:
    """Say to the new address that the account uses it from now on; the old one hears it from allauth."""
    url = f"{settings.LOUPE_PUBLIC_URL}{reverse('accounts:security')}"
    _post(EMAIL_IN_USE, user, url, _("See the security of your account"), by=user, at=at)


def deactivated(user: User, *, by: Actor, at: datetime) -> None:
    """Say that the account is closed for now, what that means, and how to come back."""
    url = f"{settings.LOUPE_PUBLIC_URL}{reverse('account_login')}"
    _post(DEACTIVATED, user, url, _("Sign in to come back"), by=by, at=at)


def come_back(user: User, url: str, *, at: datetime) -> None:
    """The link that opens a closed account again, asked for by whoever knew its password."""
    _post(COME_BACK, user, url, _("Open the account again"), by=user, at=at)


def account_locked(user: User, url: str, *, by: Actor, at: datetime) -> None:
    """Say that wrong passwords locked the account, and give the link that opens it."""
    _post(ACCOUNT_LOCKED, user, url, _("Open the account again"), by=by, at=at)


def attack_noticed(user: User, *, locks: int, refused: int, by: Actor, at: datetime) -> None:
    """Tell somebody who can look into it what happened within an hour, in numbers."""
    url = f"{settings.LOUPE_PUBLIC_URL}{reverse('admin:privacy_auditevent_changelist')}"
    context = {"name": user.get_short_name(), "at": at, "why": _("your work at the desk"), "locks": locks}
    context |= {"refused": refused, "action_url": url, "action_label": _("See the audit trail")}
    outbox.post(ATTACK_NOTICED, to=user.email, subject=user.subject, context=context, by=by, at=at)


def _post(kind: Kind, user: User, url: str, label: str, *, by: Actor, at: datetime) -> None:
    name = user.get_short_name() if user.last_login is not None else ""
    context = {"name": name, "at": at, "why": YOUR_ACCOUNT, "action_url": url, "action_label": label}
    outbox.post(kind, to=user.email, subject=user.subject, context=context, by=by, at=at)


def account_unused(user: User, *, ends_at: datetime, by: Actor, at: datetime) -> None:
    """Say that the account ends on a date because nobody uses it, and how to keep it."""
    _warn(ACCOUNT_UNUSED, user, ends_at, by=by, at=at)


def account_ends_soon(user: User, *, ends_at: datetime, by: Actor, at: datetime) -> None:
    """Say so for the last time."""
    _warn(ACCOUNT_ENDS_SOON, user, ends_at, by=by, at=at)


def _warn(kind: Kind, user: User, ends_at: datetime, *, by: Actor, at: datetime) -> None:
    url = f"{settings.LOUPE_PUBLIC_URL}{reverse('account_login')}"
    name = user.get_short_name() if user.last_login is not None else ""
    context = {"name": name, "used_at": user.active_at, "ends_at": ends_at}
    context |= {"action_url": url, "action_label": _("Sign in and keep it")}
    outbox.post(kind, to=user.email, subject=user.subject, context=context, by=by, at=at)
