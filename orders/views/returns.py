"""Sending something back: by a signed-in customer from the order's page, by a guest with the order's signed link.

Two steps, as the law of withdrawals has them: say what comes back, read what follows from it, confirm. Nothing is kept before that.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from orders import links, return_rights, returns
from orders.models import Order
from orders.return_forms import ReturnForm
from orders.views import orders as pages
from privacy.ground import states
from privacy.ground.audit import Actor

CONFIRM = "confirm"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Send back pieces of one of one's own orders."""
    order = pages.own(request, reference)
    assert isinstance(request.user, User)
    back = reverse("orders:account_order", args=[order.reference])
    return _ask(request, order, back=back, is_account=True, by=request.user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """The same for whoever holds the order's link."""
    try:
        order = links.open_order(reference, pages.key_in(request), at=timezone.now())
    except links.Closed:
        return pages.closed(request, reference)
    return _ask(request, order, back=_guests_page(order, request), is_account=False, by=order.subject)


@never_cache
@login_required
@require_POST
def account_withdraw(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    """Keep the pieces after all; back to the page that offered it."""
    order = pages.own(request, reference)
    assert isinstance(request.user, User)
    _withdraw(request, order, number, by=request.user)
    if request.POST.get("back") == "erase":
        return redirect("privacy:ask_erasure")
    return redirect("orders:account_order", order.reference)


@never_cache
@require_POST
def withdraw(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    """The same for whoever holds the order's link."""
    try:
        order = links.open_order(reference, pages.key_in(request), at=timezone.now())
    except links.Closed:
        return pages.closed(request, reference)
    _withdraw(request, order, number, by=order.subject)
    return redirect(_guests_page(order, request))


def _ask(request: HttpRequest, order: Order, *, back: str, is_account: bool, by: Actor) -> HttpResponse:
    at = timezone.now()
    context: dict[str, Any] = {"order": order, "back": back, "is_account": is_account}
    try:
        offer = return_rights.still_offered(order, at=at)
        form = ReturnForm(offer, request.POST if request.method == "POST" else None)
        if form.is_valid() and CONFIRM in request.POST:
            typed = {name: form.cleaned_data[name] for name in ("reason", "words", "wish")}
            made = returns.ask(order, form.wanted, **typed, by=by, at=at)
            return redirect(f"{back}#{made.reference}")
    except return_rights.NotReturnable as refused:
        return render(request, "orders/not_returnable.html", context | {"why": str(refused)}, status=409)
    context |= {"offer": offer, "form": form}
    is_second = form.is_bound and form.is_valid() and "change" not in request.POST
    return render(request, "orders/return_confirm.html" if is_second else "orders/return.html", context)


def _withdraw(request: HttpRequest, order: Order, number: str, *, by: Actor) -> None:
    made = get_object_or_404(order.returns.all(), reference=number)
    try:
        returns.withdraw(made, by=by, at=timezone.now())
    except (states.NotAllowed, states.Changed):
        messages.error(request, f"Return {made.reference} cannot be taken back any more.")
    else:
        messages.success(request, f"Return {made.reference} is taken back. The pieces stay yours.")


def _guests_page(order: Order, request: HttpRequest) -> str:
    return f"{reverse('orders:order', args=[order.reference])}?{urlencode({'key': pages.key_in(request)})}"
