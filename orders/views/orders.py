"""A person's orders: in the account, and for a guest behind a signed, expiring link. Without either, nothing shows."""

from __future__ import annotations

import mimetypes
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from orders import fulfilment, gateway, history, links, papers, return_rights, sharing
from orders.models import Order
from privacy.ground import references, states
from privacy.register import profiles, subjects
from shop import reviews
from shop.models import Product

PAGE_SIZE = 20


# In the account


@never_cache
@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """The customer's orders, newest first."""
    page = Paginator(history.of(_family(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "orders/orders.html", {"page_obj": page})


@never_cache
@login_required
@require_safe
def account_order(request: HttpRequest, reference: str) -> HttpResponse:
    """One of the customer's own orders; somebody else's is as unknown as none."""
    return _order(request, own(request, reference), is_account=True)


@never_cache
@login_required
@require_safe
def account_invoice(request: HttpRequest, reference: str) -> HttpResponse:
    """Its invoice."""
    return _invoice(request, own(request, reference))


@never_cache
@login_required
@require_safe
def account_paper(request: HttpRequest, reference: str, number: int) -> HttpResponseBase:
    """An appraisal or insurance file made for one of the customer's own orders; the first is number 1."""
    return _paper(own(request, reference), number)


@never_cache
@login_required
@require_POST
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Call one's own order off before it leaves; back to the page that offered it."""
    mine = get_object_or_404(Order.objects.of(_family(request)), reference=reference)
    assert isinstance(request.user, User)
    try:
        fulfilment.call_off(mine, by=request.user, at=timezone.now())
    except (states.NotAllowed, states.Changed):
        messages.error(request, f"Order {reference} cannot be cancelled any more.")
    except gateway.Unavailable:
        messages.error(request, "The payment page did not answer. Please try again in a minute.")
    else:
        messages.success(request, f"Order {reference} is cancelled. What you paid goes back the way it came.")
    return redirect("privacy:ask_erasure" if request.POST.get("back") == "erase" else "orders:orders")


# Behind a link


@never_cache
@require_safe
def order(request: HttpRequest, reference: str) -> HttpResponse:
    """A guest's order, if the link's key still opens it."""
    try:
        return _order(request, links.open_order(reference, key_in(request), at=timezone.now()))
    except links.Closed:
        return closed(request, reference)


@never_cache
@require_safe
def thanks(request: HttpRequest, reference: str) -> HttpResponse:
    """The page after paying."""
    try:
        found = links.open_order(reference, key_in(request), at=timezone.now())
    except links.Closed:
        return closed(request, reference)
    context = {"order": found, "lines": list(found.lines.all()), "key": key_in(request)}
    return render(request, "orders/thanks.html", context)


@never_cache
@require_safe
def invoice(request: HttpRequest, reference: str) -> HttpResponse:
    """A guest's invoice."""
    try:
        return _invoice(request, links.open_order(reference, key_in(request), at=timezone.now()))
    except links.Closed:
        return closed(request, reference)


@never_cache
@require_safe
def paper(request: HttpRequest, reference: str, number: int) -> HttpResponseBase:
    """An appraisal or insurance file of a guest's order."""
    try:
        return _paper(links.open_order(reference, key_in(request), at=timezone.now()), number)
    except links.Closed:
        return closed(request, reference)


@never_cache
@require_POST
def send_link(request: HttpRequest, reference: str) -> HttpResponse:
    """Mail a fresh link to the order's own address; the answer is the same whether there is such an order or not."""
    history.send_fresh_link(reference, by="guest", at=timezone.now())
    return render(request, "orders/link_sent.html", {"reference": reference})


def _order(request: HttpRequest, found: Order, *, is_account: bool = False) -> HttpResponse:
    context = {
        "order": found,
        "lines": list(found.lines.select_related("certificate")),
        "papers": list(found.papers.all()),
        "country": history.country_name(found),
        "timeline": history.timeline(found),
        "returns": history.returns(found),
        "shares": sharing.of(found, at=timezone.now()),
        "can_share": bool(sharing.appraisers(at=timezone.now())),
        **_ways_back(found),
        "card": history.card_words(found),
        "refunded_minor": history.refunded_minor(found),
        "key": key_in(request),
        "is_account": is_account,
        "to_review": _to_review(found) if is_account else [],
    }
    return render(request, "orders/order.html", context)


def _to_review(found: Order) -> list[Product]:
    """The pieces of it that reached its customer and on which they have not written."""
    variants = [line.variant_id for line in found.lines.all() if line.variant_id]
    pieces = Product.objects.filter(variants__in=variants).values_list("pk", flat=True)
    return [piece for piece, _ in reviews.received(found.subject) if piece.pk in set(pieces)]


def _ways_back(found: Order) -> dict[str, bool]:
    """Whether the page shows the way to a return, and whether the law of the place calls it a withdrawal today."""
    try:
        offer = return_rights.offer(found, at=timezone.now())
    except return_rights.NotReturnable:
        return {"can_return": False, "can_withdraw": False}
    return {"can_return": offer.is_open, "can_withdraw": offer.can_withdraw}


def _invoice(request: HttpRequest, found: Order) -> HttpResponse:
    seller = profiles.current()
    years = seller.retention_years("orders")
    context = {"order": found, "lines": list(found.lines.all()), "seller": seller, "retention_years": years}
    context["country"] = history.country_name(found)
    return render(request, "orders/invoice.html", context)


def _paper(found: Order, number: int) -> HttpResponseBase:
    """The file, opened while it leaves. Shown by no browser as a page of ours: always a download."""
    chosen = found.papers.all()[number - 1 : number].first() if number else None
    if chosen is None:
        raise Http404
    try:
        content = papers.read(chosen)
    except papers.Lost:
        raise Http404
    name = f"{found.reference}-{number}{mimetypes.guess_extension(chosen.content_type) or ''}"
    response = StreamingHttpResponse(content, content_type=chosen.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def closed(request: HttpRequest, reference: str) -> HttpResponse:
    """The offer to mail a fresh link. A signed-in owner goes to the order in their account instead."""
    is_known = references.is_reference(reference) and isinstance(request.user, User)
    if is_known and history.of(_family(request)).filter(reference=reference).exists():
        return redirect("orders:account_order", reference)
    return render(request, "orders/closed.html", {"reference": reference}, status=403)


def own(request: HttpRequest, reference: str) -> Order:
    """One of the signed-in customer's own orders. *Raises* Http404."""
    if not references.is_reference(reference):
        raise Http404
    return get_object_or_404(history.of(_family(request)), reference=reference)


def _family(request: HttpRequest) -> list[UUID]:
    assert isinstance(request.user, User)
    return subjects.family(request.user.subject)


def key_in(request: HttpRequest) -> str:
    """The key of a guest's link, if the address carries one."""
    return request.GET.get("key", "")
