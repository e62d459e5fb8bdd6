"""Two doors to one page about an order: the account of whoever it belongs to, and the signed link that a guest was mailed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from orders import links
from orders.models import Order
from orders.views import orders as pages
from privacy.ground.audit import Actor

View = Callable[..., HttpResponse]
Page = Callable[..., HttpResponse]
"""Takes the request, the visit, and what else its address holds."""

ASKS: Final = ("GET", "HEAD", "POST")
ACTS: Final = ("POST",)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a page about an order: who acts, and the order's own page, to which it leads back."""

    order: Order
    by: Actor
    back: str
    is_account: bool


def in_account(page: Page, methods: Sequence[str]) -> View:
    """*page* for whoever is signed in, about one of their own orders; any other is not there."""

    @never_cache
    @login_required
    @require_http_methods([*methods])
    @wraps(page)
    def view(request: HttpRequest, reference: str, **more: Any) -> HttpResponse:
        order = pages.own(request, reference)
        assert isinstance(request.user, User)
        back = reverse("orders:account_order", args=[order.reference])
        return page(request, Visit(order, request.user, back, is_account=True), **more)

    return view


def behind_link(page: Page, methods: Sequence[str]) -> View:
    """*page* for whoever holds the order's link; behind one that is over, the offer of a fresh one."""

    @never_cache
    @require_http_methods([*methods])
    @wraps(page)
    def view(request: HttpRequest, reference: str, **more: Any) -> HttpResponse:
        key = pages.key_in(request)
        try:
            order = links.open_order(reference, key, at=timezone.now())
        except links.Closed:
            return pages.closed(request, reference)
        back = f"{reverse('orders:order', args=[order.reference])}?{urlencode({'key': key})}"
        return page(request, Visit(order, order.subject, back, is_account=False), **more)

    return view
