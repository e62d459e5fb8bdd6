"""Showing an order to an appraiser: the customer's page, theirs to take back, and the page behind the appraiser's link.

A mail program may open a link by itself, so opening it shows only whose it is; the button shows the order, and leaves a disclosure.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import sharing
from orders.models import Share
from orders.share_forms import ShareForm, ValuationForm
from orders.views import orders as pages
from orders.views.doors import ACTS, ASKS, Visit, behind_link, in_account
from privacy.ground import uploads
from privacy.register import agreements, disclosures

# The customer


def _ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    at = timezone.now()
    offered = sharing.appraisers(at=at)
    if not offered:
        raise Http404
    named = {each.slug: each for each in offered}
    chosen = named.get(request.GET.get("to", ""), offered[0])
    form = ShareForm(chosen, sharing.notice(visit.order, chosen), request.POST if request.method == "POST" else None)
    if form.is_valid():
        network = get_adapter().get_client_ip(request) or ""
        try:
            made = sharing.ask(visit.order, chosen, form.wanted, network=network, by=visit.by, at=at)
        except sharing.NotShared as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{chosen.name} gets a mail with a link to this order.")
            return redirect(f"{visit.back}#{made.reference}")
    context = {
        "order": visit.order,
        "back": visit.back,
        "is_account": visit.is_account,
        "key": pages.key_in(request),
        "appraisers": offered,
        "chosen": chosen,
        "country": agreements.country(chosen.slug),
        "form": form,
        "shown": sharing.preview(visit.order),
    }
    return render(request, "orders/share.html", context, status=422 if form.is_bound else 200)


def _withdraw(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """Take it back: one press."""
    share = get_object_or_404(visit.order.shares.all(), reference=number)
    sharing.withdraw(share, by=visit.by, at=timezone.now())
    messages.success(request, f"{disclosures.name_of(share.recipient)} cannot look at this order any more.")
    return redirect(visit.back)


account_ask, ask = in_account(_ask, ASKS), behind_link(_ask, ASKS)
account_withdraw, withdraw = in_account(_withdraw, ACTS), behind_link(_withdraw, ACTS)


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
