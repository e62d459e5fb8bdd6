"""Is it really them? Asked before anything about a person is shown, sent or erased.

Whoever has a password types it again; that is allauth's page. An account without one (signed in through Google only) counts as
*always recent* for allauth, so that a browser left open would be enough; here its owner types six digits that we mail to them.
And for seven days after the e-mail or the password of an account changed, no copy of its data leaves the house (`cooling`):
an account that was taken over looks just like that.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

from allauth.account import app_settings as allauth_settings
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from privacy.ground import audit
from privacy.ground.models import AuditEvent
from privacy.register.declare import Family
from privacy.register.models import Subject
from privacy.rights import emails
from privacy.rights.codes import IdentityCode
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.models import DataRequest

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

PROOFS: Final = frozenset({"password", "mfa"})  # allauth's names for what somebody did just now
SESSION_KEY: Final = "privacy_proved"
CODE_LIVES: Final = timedelta(minutes=10)
CODES_PER_QUARTER: Final = 3
CODES_PER_DAY: Final = 10
COOLING: Final = timedelta(days=7)


class TooManyCodes(Exception):
    """So many codes were mailed lately that another would only be noise."""


class Change(StrEnum):
    """What may change about the keys to an account, in the customer's words."""

    EMAIL = "e-mail address"
    PASSWORD = "password"  # noqa: S105 - a word

    @property
    def event(self) -> str:
        """Its name in the audit trail."""
        return f"account.{self.name.lower()}_changed"


@dataclass(frozen=True)
class Cooling:
    """The account's keys changed lately: what, when, and from when copies are handed out again."""

    what: Change
    since: datetime
    until: datetime


# Just now?


def recently_proved(request: HttpRequest) -> bool:
    """Whether whoever sends *request* has shown in the last minutes that they are the account's owner."""
    if not request.user.is_authenticated:
        return False
    user = cast(AbstractBaseUser, request.user)
    if user.has_usable_password():
        records = get_authentication_records(request, user)
        return any(each.get("reauthenticated") and each["method"] in PROOFS and _fresh(each["at"]) for each in records)
    proved = request.session.get(SESSION_KEY, {})
    return bool(proved.get("user") == str(user.pk) and _fresh(proved["at"]))


def proved_recently(view: View) -> View:
    """The view is only for people who have just shown who they are; others are asked, and come back."""

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if recently_proved(request):
            return view(request, *args, **kwargs)
        if cast(AbstractBaseUser, request.user).has_usable_password():
            raise ReauthenticationRequired  # allauth asks for the password, and repeats a form that was sent
        return redirect(f"{reverse('privacy:prove')}?{urlencode({'next': request.get_full_path()})}")

    return cast(View, marked)


def note_proof(request: HttpRequest, *, at: datetime) -> None:
    """Remember in the session that a code was typed rightly, for as long as a password would count."""
    request.session[SESSION_KEY] = {"user": str(cast(AbstractBaseUser, request.user).pk), "at": at.timestamp()}


def _fresh(moment: float) -> bool:
    return bool(0 <= time.time() - moment < allauth_settings.REAUTHENTICATION_TIMEOUT)


# What a request was checked by


def note(request: DataRequest, method: str, *, passed: bool = True, by: audit.Actor, at: datetime) -> IdentityCheck:
    """Keep that *request* was looked at by this `IdentityCheck.Method`, and how it ended. Never what was typed."""
    method = IdentityCheck.Method(method)
    details: dict[str, audit.Detail] = {"method": method, "passed": passed}
    audit.append("identity.checked", subject=request.subject_id, obj=request, details=details, by=by, at=at)
    return IdentityCheck.objects.create(request=request, method=method, passed=passed, at=at)


def evidence_of(request: DataRequest) -> list[IdentityCheck]:
    """Every look at who asks, oldest first: the ones that failed too."""
    return list(request.identity_checks.all())


# A code by mail


def send_code(subject: Subject, *, to: str, by: audit.Actor, at: datetime) -> IdentityCode:
    """Mail six digits to the account's address; an earlier code is good no more. Raises `TooManyCodes`."""
    with transaction.atomic():
        Subject.objects.select_for_update(of=("self",)).get(
            pk=subject.pk
        )  # two tabs get their codes one after the other
        mine = IdentityCode.objects.filter(subject=subject)
        for span, most in ((timedelta(minutes=15), CODES_PER_QUARTER), (timedelta(days=1), CODES_PER_DAY)):
            if mine.filter(sent_at__gt=at - span).count() >= most:
                raise TooManyCodes
        mine.live(at).update(expires_at=at)
        digits = f"{secrets.randbelow(1_000_000):06}"
        code = IdentityCode(subject=subject, sent_at=at, expires_at=at + CODE_LIVES)
        code.digest = _digest(code, digits)
        code.save()
        audit.append("identity.code_sent", subject=subject, by=by, at=at)
        emails.identity_code(subject, to=to, code=digits, expires_at=code.expires_at, by=by, at=at)
    return code


def check_code(subject: Subject, typed: str, *, by: audit.Actor, at: datetime) -> bool:
    """Whether *typed* is the code that was mailed last. Every try counts, the right one ends it."""
    code = IdentityCode.objects.filter(subject=subject).live(at).order_by("-sent_at").first()
    if code is None or not IdentityCode.objects.filter(pk=code.pk).live(at).update(tries=F("tries") + 1):
        return False
    digits = "".join(character for character in typed if character.isdecimal())
    is_right = constant_time_compare(code.digest, _digest(code, digits))
    if is_right and not IdentityCode.objects.filter(pk=code.pk, used_at=None).update(used_at=at):
        return False  # two windows at once: it is good for one
    audit.append("identity.proved" if is_right else "identity.code_wrong", subject=subject, by=by, at=at)
    return is_right


def forget_codes(*, at: datetime) -> int:
    """Delete codes that nobody can use and that no limit counts any more. Returns how many."""
    gone, _ = IdentityCode.objects.filter(sent_at__lt=at - timedelta(days=1), expires_at__lte=at).delete()
    return gone


def _digest(code: IdentityCode, digits: str) -> str:
    """Keyed, because a million plain digests are made in a second."""
    return salted_hmac(f"privacy.identity_code.{code.pk}", digits, algorithm="sha256").hexdigest()


# Keys that changed lately


def note_change(subject: Subject, what: Change, *, by: audit.Actor, at: datetime) -> None:
    """The account's e-mail or password is another since now; called by whoever keeps accounts."""
    audit.append(what.event, subject=subject, by=by, at=at)


def cooling(family: Family, *, at: datetime) -> Cooling | None:
    """Why no copy of this person's data leaves the house just now, or None."""
    by_event = {change.event: change for change in Change}
    changes = AuditEvent.objects.filter(subject_id__in=family, event__in=by_event, at__gt=at - COOLING, at__lte=at)
    last = changes.order_by("-at").first()
    return Cooling(by_event[last.event], last.at, last.at + COOLING) if last else None
