"""What stands before the desk: the time somebody works here, a second factor, and their clearance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts import clearance, security
from accounts.models import User

DESK: Final = "/admin/"
CLEARANCE: Final = "/admin/clearance/"
WAY_OUT: Final = ("/admin/logout/", "/admin/jsi18n/")
NEEDED: Final = "Add an authenticator app first: the desk opens only with a second factor."
OVER: Final = "The time of this account is over. Whoever needs it longer asks the owner."


class StaffSecurityMiddleware:
    """Leads staff to what they still have to do, before any page of the admin; lets nobody in whose time is over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_desk = request.path.startswith(DESK) and not request.path.startswith(WAY_OUT)
        return (_hindrance(request) if is_desk else None) or self.get_response(request)


def _hindrance(request: HttpRequest) -> HttpResponseBase | None:
    """Where a member of staff is led instead; nothing for those who may pass, and for everybody whom the admin refuses anyway."""
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        return None
    now = timezone.now()
    if user.has_left(now):
        security.deactivate(user, by="system:contracts", at=now)
        logout(request)
        messages.error(request, OVER)
        return redirect("account_login")
    if settings.LOUPE_STAFF_MFA and not is_mfa_enabled(user):
        messages.info(request, NEEDED)
        return redirect("mfa_activate_totp")
    if settings.LOUPE_STAFF_CLEARANCE and not request.path.startswith(CLEARANCE) and clearance.missing(user, at=now):
        return redirect("clearance:show")
    return None
