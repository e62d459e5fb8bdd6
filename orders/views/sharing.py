"""Showing an order to an appraiser: the customer's page, theirs to take back, and the page behind the appraiser's link.

A mail program may open a link by itself, so opening it shows only whose it is; the button shows the order, and leaves a disclosure.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from orders import links, sharing
from orders.models import Order, Share
from orders.share_forms import ShareForm, ValuationForm
from orders.views import orders as pages
from privacy.ground import uploads
from privacy.ground.audit import Actor
from privacy.register import agreements, disclosures

# The customer


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Have one of one's own orders appraised."""
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
    """Take it back: one press."""
    order = pages.own(request, reference)
    assert isinstance(request.user, User)
    _withdraw(request, order, number, by=request.user)
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
    offered = sharing.appraisers(at=at)
    if not offered:
        raise Http404
    named = {each.slug: each for each in offered}
    chosen = named.get(request.GET.get("to", ""), offered[0])
    context: dict[str, Any] = {"order": order, "back": back, "is_account": is_account, "key": pages.key_in(request)}
    context |= {"appraisers": offered, "chosen": chosen, "country": agreements.country(chosen.slug)}
    form = ShareForm(chosen, sharing.notice(order, chosen), request.POST if request.method == "POST" else None)
    if form.is_valid():
        network = get_adapter().get_client_ip(request) or ""
        try:
            made = sharing.ask(order, chosen, form.wanted, network=network, by=by, at=at)
        except sharing.NotShared as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{chosen.name} gets a mail with a link to this order.")
            return redirect(f"{back}#{made.reference}")
    context |= {"form": form, "shown": sharing.preview(order)}
    return render(request, "orders/share.html", context, status=422 if form.is_bound else 200)


def _withdraw(request: HttpRequest, order: Order, number: str, *, by: Actor) -> None:
    share = get_object_or_404(order.shares.all(), reference=number)
    sharing.withdraw(share, by=by, at=timezone.now())
    messages.success(request, f"{disclosures.name_of(share.recipient)} cannot look at this order any more.")


def _guests_page(order: Order, request: HttpRequest) -> str:
    return f"{reverse('orders:order', args=[order.reference])}?{urlencode({'key': pages.key_in(request)})}"


# The appraiser


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appraiser(request: HttpRequest, reference: str) -> HttpResponse:
    """The page behind an appraiser's link: whose it is; on a press, the order; and the way a valuation comes back."""
    at = timezone.now()
    try:
        share = sharing.open_link(reference, request.GET.get("key", ""), at=at)
        context: dict[str, Any] = {"share": share, "appraiser": disclosures.name_of(share.recipient)}
        if request.method != "POST":
            return render(request, "orders/appraiser.html", context)
        form = ValuationForm(request.POST, request.FILES) if request.POST.get("do") == "send" else ValuationForm()
        if form.is_bound and form.is_valid() and _received(share, form):
            return render(request, "orders/appraiser.html", context | {"is_received": True})
        context |= {"shown": sharing.show(share, at=at), "form": form}
        return render(request, "orders/appraiser.html", context, status=422 if form.is_bound else 200)
    except sharing.Closed:
        return render(request, "orders/appraiser_closed.html", status=410)


def _received(share: Share, form: ValuationForm) -> bool:
    """File what was sent; what is refused is told on the form."""
    try:
        sharing.receive(share, form.cleaned_data["file"], at=timezone.now())
    except (sharing.NotShared, uploads.NotAccepted) as refused:
        form.add_error("file", str(refused))
        return False
    return True
