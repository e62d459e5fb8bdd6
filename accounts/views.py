"""The account pages: overview, details, addresses, security and API keys; and how to reach the shop."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from knox.settings import knox_settings

from accounts import addresses, age_screen, details, pausing, security, suspicion
from accounts.forms import AddressForm, AgeForm, DetailsForm, TokenForm
from accounts.models import Address, User
from privacy.consent import screen
from privacy.rights import identity

TOO_MANY_ADDRESSES = "You keep as many addresses as we hold. Remove one to add another."
TOO_MANY_KEYS = "You have as many keys as we give out. Revoke one to make another."


class SignedIn(HttpRequest):
    """A request that `login_required` let through."""

    user: User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def age(request: HttpRequest) -> HttpResponse:
    """How old the visitor is, asked before anything else about them. The first answer of a day is the one that counts."""
    if earlier := screen.answer(request):
        return age_screen.onwards(request, earlier)
    form = AgeForm(request.POST or None)
    if not form.is_valid():
        return age_screen.ask(request, form)
    answer = form.answer()
    response = age_screen.onwards(request, answer)
    screen.remember(response, answer)
    return response


@require_safe
def parent_first(request: HttpRequest) -> HttpResponse:
    """Nobody enters before a parent agreed, where one is needed."""
    return render(request, "accounts/parent_first.html")


@require_safe
@login_required
def overview(request: SignedIn) -> HttpResponse:
    """The first page of an account."""
    shown = {"address": addresses.default_of(request.user), "has_second_factor": is_mfa_enabled(request.user)}
    return render(request, "accounts/overview.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change_details(request: SignedIn) -> HttpResponse:
    """Name and telephone number."""
    user = request.user
    form = DetailsForm(request.POST or None, initial={"full_name": user.full_name, "phone": user.phone})
    if form.is_valid():
        details.change(user, **form.cleaned_data, by=user, at=timezone.now())
        messages.success(request, "Your details are saved.")
        return redirect("accounts:details")
    return render(request, "accounts/details.html", {"form": form})


@require_safe
@login_required
def list_addresses(request: SignedIn) -> HttpResponse:
    """Every address on the account."""
    held = addresses.of(request.user)
    shown = {"addresses": held, "can_add": len(held) < addresses.MOST, "most": addresses.MOST}
    return render(request, "accounts/addresses.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add_address(request: SignedIn) -> HttpResponse:
    """One more address."""
    user = request.user
    form = AddressForm(request.POST or None, initial={"full_name": user.full_name, "country": "US"})
    if form.is_valid():
        try:
            addresses.add(user, form.details(), make_default=form.wants_default, by=user, at=timezone.now())
        except addresses.TooMany:
            form.add_error(None, TOO_MANY_ADDRESSES)
        else:
            messages.success(request, "The address is saved.")
            return redirect("accounts:addresses")
    return render(request, "accounts/address_form.html", {"form": form, "heading": "A new address"})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_address(request: SignedIn, address_id: int) -> HttpResponse:
    """Change one address."""
    address = _theirs(request, address_id)
    form = AddressForm(request.POST) if request.method == "POST" else AddressForm.showing(address)
    if form.is_valid():
        addresses.change(address, form.details(), make_default=form.wants_default, by=request.user, at=timezone.now())
        messages.success(request, "The address is saved.")
        return redirect("accounts:addresses")
    return render(request, "accounts/address_form.html", {"form": form, "heading": "Edit the address"})


@require_POST
@login_required
def prefer_address(request: SignedIn, address_id: int) -> HttpResponse:
    """Use this address first."""
    addresses.prefer(_theirs(request, address_id), by=request.user, at=timezone.now())
    return redirect("accounts:addresses")


@require_POST
@login_required
def remove_address(request: SignedIn, address_id: int) -> HttpResponse:
    """Delete an address."""
    addresses.remove(_theirs(request, address_id), by=request.user, at=timezone.now())
    messages.success(request, "The address is gone.")
    return redirect("accounts:addresses")


@require_safe
@login_required
def show_security(request: SignedIn) -> HttpResponse:
    """How the account is protected, and where each part is changed."""
    shown = {
        "has_second_factor": is_mfa_enabled(request.user),
        "session_count": UserSession.objects.filter(user=request.user).count(),
        "token_count": security.tokens_of(request.user).count(),
    }
    return render(request, "accounts/security.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def tokens(request: SignedIn) -> HttpResponse:
    """API keys: those in use, and a form for a new one. The new key stands on the answer to that form, and nowhere else."""
    form = TokenForm(request.POST or None)
    shown: dict[str, object] = {"form": form, "days": knox_settings.TOKEN_TTL.days}
    if form.is_valid():
        try:
            token, key = security.issue_token(
                request.user, name=form.cleaned_data["name"], by=request.user, at=timezone.now()
            )
        except security.TooManyTokens:
            form.add_error(None, TOO_MANY_KEYS)
        else:
            shown |= {"form": TokenForm(), "token": token, "key": key}
    return render(request, "accounts/tokens.html", {**shown, "tokens": security.tokens_of(request.user)})


@require_POST
@login_required
def revoke_token(request: SignedIn, reference: str) -> HttpResponse:
    """End a key at once."""
    if not security.revoke_token(request.user, reference, by=request.user, at=timezone.now()):
        raise Http404
    messages.success(request, "The key has ended.")
    return redirect("accounts:tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def deactivate(request: SignedIn) -> HttpResponse:
    """Close the account for now. Nothing is erased; the way back is said before the button."""
    if request.method != "POST":
        return render(request, "accounts/deactivate.html", {"is_staff": request.user.is_staff})
    try:
        pausing.deactivate(request.user, by=request.user, at=timezone.now())
    except pausing.WorksHere:
        messages.error(request, "You work here: somebody else at the desk closes your account.")
        return redirect("accounts:security")
    logout(request)
    return redirect("accounts:closed_for_now")


@require_safe
def closed_for_now(request: HttpRequest) -> HttpResponse:
    """Where one comes after closing the account, and after signing in to a closed one. The same page for both."""
    return render(request, "accounts/closed_for_now.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def come_back(request: HttpRequest) -> HttpResponse:
    """Behind the mailed link: a button that opens the account again. Opening the page changes nothing."""
    offered = request.POST.get("key", "") or request.GET.get("key", "")
    try:
        if request.method == "POST":
            pausing.come_back(offered, at=timezone.now())
            messages.success(request, "Your account is open again. Sign in to use it.")
            return redirect("account_login")
        pausing.opens(offered)
    except pausing.Closed:
        return render(request, "accounts/come_back_over.html", status=410)
    return render(request, "accounts/come_back.html", {"key": offered})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """How to reach the shop."""
    return render(request, "accounts/contact.html")


def _theirs(request: SignedIn, address_id: int) -> Address:
    try:
        return addresses.get(request.user, address_id)
    except addresses.NotTheirs:
        raise Http404


@require_safe
def locked(request: HttpRequest) -> HttpResponse:
    """Where one comes after signing in to an account that wrong passwords locked."""
    return render(request, "accounts/locked.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """Behind the mailed link: a button that opens the account again. Opening the page changes nothing."""
    offered = request.POST.get("key", "") or request.GET.get("key", "")
    try:
        user = suspicion.opens(offered)
    except suspicion.NotLocked:
        return render(request, "accounts/unlock.html", status=410)
    if request.method != "POST":
        return render(request, "accounts/unlock.html", {"key": offered})
    suspicion.unlock(user, by=user, at=timezone.now())
    messages.success(request, "Your account is open again. Sign in.")
    return redirect("account_login")
