"""Sending something back, through either door of an order.

Two steps, as the law of withdrawals has them: say what comes back, read what follows from it, confirm. Nothing is kept before that.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from orders import return_rights, returns
from orders.return_forms import ReturnForm
from orders.views.doors import ACTS, ASKS, Visit, behind_link, in_account
from privacy.ground import states

CONFIRM = "confirm"


def _ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    at = timezone.now()
    context: dict[str, Any] = {"order": visit.order, "back": visit.back, "is_account": visit.is_account}
    try:
        offer = return_rights.still_offered(visit.order, at=at)
        form = ReturnForm(offer, request.POST if request.method == "POST" else None)
        if form.is_valid() and CONFIRM in request.POST:
            typed = {name: form.cleaned_data[name] for name in ("reason", "words", "wish")}
            made = returns.ask(visit.order, form.wanted, **typed, by=visit.by, at=at)
            return redirect(f"{visit.back}#{made.reference}")
    except return_rights.NotReturnable as refused:
        return render(request, "orders/not_returnable.html", context | {"why": str(refused)}, status=409)
    context |= {"offer": offer, "form": form}
    is_second = form.is_bound and form.is_valid() and "change" not in request.POST
    return render(request, "orders/return_confirm.html" if is_second else "orders/return.html", context)


def _withdraw(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """Keep the pieces after all; back to the page that offered it."""
    made = get_object_or_404(visit.order.returns.all(), reference=number)
    try:
        returns.withdraw(made, by=visit.by, at=timezone.now())
    except (states.NotAllowed, states.Changed):
        messages.error(request, f"Return {made.reference} cannot be taken back any more.")
    else:
        messages.success(request, f"Return {made.reference} is taken back. The pieces stay yours.")
    if visit.is_account and request.POST.get("back") == "erase":
        return redirect("privacy:ask_erasure")
    return redirect(visit.back)


account_ask, ask = in_account(_ask, ASKS), behind_link(_ask, ASKS)
account_withdraw, withdraw = in_account(_withdraw, ACTS), behind_link(_withdraw, ACTS)
