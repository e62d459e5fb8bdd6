"""`/account/privacy/prove/`: six digits by mail, for people whose account has no password. Then back to where they wanted to go."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from privacy.forms.pages import CodeForm
from privacy.rights import identity
from privacy.views.people import SignedIn

WRONG = "This is not the code we mailed last, or its ten minutes are over. After five tries ask for another."
ENOUGH = "We have mailed you enough codes for now. Wait a quarter of an hour, then ask again."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def prove(request: SignedIn) -> HttpResponse:
    """The button that mails a code, and the field to type it into."""
    if request.user.has_usable_password():
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': _wanted(request)})}")
    if request.method == "POST" and "send" in request.POST:
        return _send(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        subject, now = request.user.subject, timezone.now()
        if identity.check_code(subject, form.cleaned_data["code"], by=request.user, at=now):
            identity.note_proof(request, at=now)
            return redirect(_wanted(request))
        form.add_error("code", WRONG)
    return _page(request, form)


def _send(request: SignedIn) -> HttpResponse:
    form = CodeForm()
    try:
        identity.send_code(request.user.subject, to=request.user.email, by=request.user, at=timezone.now())
    except identity.TooManyCodes:
        form = CodeForm({})
        form.errors.clear()
        form.add_error(None, ENOUGH)
        return _page(request, form, status=429)
    return redirect(f"{request.path}?{urlencode({'next': _wanted(request), 'sent': '1'})}")


def _page(request: SignedIn, form: CodeForm, *, status: int | None = None) -> HttpResponse:
    shown = {"form": form, "next": _wanted(request), "is_sent": "sent" in request.GET or form.is_bound}
    return render(request, "privacy/prove.html", shown, status=status or (400 if form.errors else 200))


def _wanted(request: HttpRequest) -> str:
    """Where they were going: a page of ours, or the privacy page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("privacy:centre")
