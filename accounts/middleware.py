"""Staff reach the desk with two factors, wherever the settings force that."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

DESK = "/admin/"
NEEDED = "Add an authenticator app first: the desk opens only with a second factor."


class StaffSecurityMiddleware:
    """Sends staff without a second factor to set one up, before any page of the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.LOUPE_STAFF_MFA and request.path.startswith(DESK) and lacks_second_factor(request):
            messages.info(request, NEEDED)
            return redirect("mfa_activate_totp")
        return self.get_response(request)


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether this is a signed-in member of staff who has none; asks the database only about staff."""
    user = request.user
    return user.is_authenticated and user.is_staff and not is_mfa_enabled(user)
