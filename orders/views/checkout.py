"""The checkout: one page in three short steps, then Stripe's page, then the way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import addresses
from accounts.models import User
from orders import bag as bags
from orders import checkout, destinations, gateway, links, payments
from orders.bag import Bag, Contents
from orders.forms import CheckoutForm
from orders.models import Order
from orders.views.bag import only
from privacy.consent import screen
from privacy.forms import language
from privacy.ground.audit import Actor
from privacy.models import Subject
from privacy.register import profiles, subjects
from privacy.register.ages import Answer, Standing
from privacy.register.subjects import Reason
from shop import money, stock

GUEST: Final = "guest"
LOCKED: Final = {
    Reason.ERASURE: "Your data are about to be erased, so nothing new can be ordered. Take the request back on your privacy page "
    "first.",
    Reason.ASKED: "You asked us to keep your data and not to use them, and an order would use them. Press “Use them again” on your "
    "privacy page, then order.",
}
AWAY: Final = (gateway.Unavailable, gateway.Refused)
NO_ANSWER: Final = "The payment page does not answer just now. Nothing was charged; try again in a minute."
#: What keeps an order from being paid, each with what is said above the form, which comes back as it was typed.
HINDRANCES: Final[Mapping[type[Exception], Callable[[HttpRequest, Contents, Any], str]]] = {
    checkout.PriceChanged: lambda _request, _contents, error: _new_total(error),
    stock.NotEnough: lambda _request, contents, error: _short(contents, error),
    checkout.Locked: lambda request, *_: _why_locked(request),
    checkout.Busy: lambda *_: "Another window is changing this bag. Close it and try again.",
    payments.NotAccepted: lambda *_: (
        "No card can pay a total of this size at once. Write to us, and we find another way; nothing was charged."
    ),
    **dict.fromkeys(AWAY, lambda *_: NO_ANSWER),
}
SESSION_ID: Final = re.compile(r"cs_\w{1,200}", re.ASCII)
STEPS: Final = (("Bag", "done"), ("Your details", "now"), ("Payment", "next"))


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Ask what is needed, show what it costs, send to Stripe. Whatever goes wrong, nothing typed is lost."""
    bag = bags.read(request)
    if not bag.lines:
        return redirect("orders:bag")
    if (given := _said_age(request)) and given.standing is not Standing.ALONE:
        return _too_young(request)
    return _pay(request, bag) if request.method == "POST" else _ask(request, bag)


@never_cache
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """The sums for the place and the way chosen, while the form is being filled in."""
    contents = _contents(bags.read(request), request.GET.get("place", ""), request.GET.get("method", ""))
    return render(request, "orders/_summary_update.html", {"contents": contents, "quote": contents.quote})


@never_cache
@require_safe
def came_back(request: HttpRequest) -> HttpResponse:
    """Back from Stripe: settle by the same function as the webhook, then say thank you, or ask for another try."""
    session_id = request.GET.get("session_id", "")
    if not SESSION_ID.fullmatch(session_id):
        return redirect("orders:bag")
    try:
        order = payments.returned(session_id, by="stripe:return", at=timezone.now())
    except payments.UnknownPayment:
        return redirect("orders:bag")
    except (gateway.Unavailable, gateway.Refused):
        return render(request, "orders/waiting.html", status=503)
    bag = bags.read(request)
    if order.state == Order.State.PENDING_PAYMENT:
        return redirect("orders:checkout")
    response = _after(order, request)
    if bag.id == order.bag_id:
        bags.write(response, bags.fresh(bag))
    return response


def _after(order: Order, request: HttpRequest) -> HttpResponse:
    if order.is_paid and not order.is_erased:
        return redirect(links.path(order, "orders:thanks", at=timezone.now()))
    return render(request, "orders/not_paid.html", {"order": order})


def _ask(request: HttpRequest, bag: Bag) -> HttpResponse:
    user = _customer(request)
    noted = checkout.noted(bag, subject=user.subject if user else None)
    begun_with = {"language": language.expected(request, user.subject if user else None)}
    initial = begun_with | _known(user) | _initial(noted)
    contents = _contents(bag, str(initial.get("place", "")), str(initial.get("method", "")))
    return _form(request, CheckoutForm(contents, initial=initial, asks_age=_asks_age(request)), contents)


def _pay(request: HttpRequest, bag: Bag) -> HttpResponse:
    contents = _contents(bag, request.POST.get("place", ""), request.POST.get("method", ""))
    form = CheckoutForm(contents, request.POST, asks_age=_asks_age(request))
    is_valid = form.is_valid()
    if (
        given := form.age_answer()
    ) and given.standing is not Standing.ALONE:  # first of all: nothing they typed is kept
        response = _too_young(request)
        screen.remember(response, given)
        return response
    if not is_valid:
        return _form(request, form, contents, status=422)
    user = _customer(request)
    subject, by = _who(user)
    now = timezone.now()
    checkout.note(bag, form.details(), subject=subject, at=now)
    try:
        begun = checkout.begin(
            bag,
            form.details(),
            expected_total_minor=form.cleaned_data["expected_total"],
            subject=subject,
            network=get_adapter().get_client_ip(request) or "",
            age=form.age_answer() or _said_age(request),
            by=by,
            at=now,
        )
    except checkout.BagEmpty:
        return redirect("orders:bag")
    except checkout.AlreadyOrdered:
        response = render(request, "orders/already_ordered.html", status=409)
        bags.write(response, bags.fresh(bag))
        return response
    except tuple(HINDRANCES) as error:
        notice = next(says for kind, says in HINDRANCES.items() if isinstance(error, kind))(request, contents, error)
        return _form(request, form, contents, notice=notice, status=503 if isinstance(error, AWAY) else 409)
    response = HttpResponseRedirect(begun.redirect_url)
    response.status_code = 303
    bags.write(response, bags.send_to(bag, form.cleaned_data["place"]))
    return response


def _said_age(request: HttpRequest) -> Answer | None:
    """What a guest said about their age in this browser, where the shop asks guests."""
    is_asked = profiles.current().ages.is_asked_at_checkout and _customer(request) is None
    return screen.answer(request) if is_asked else None


def _asks_age(request: HttpRequest) -> bool:
    """Whether the form asks a guest's age: the shop wants to know, and they have not said."""
    is_asked = profiles.current().ages.is_asked_at_checkout and _customer(request) is None
    return is_asked and screen.answer(request) is None


def _too_young(request: HttpRequest) -> HttpResponse:
    """A parent or guardian orders instead; nothing that was typed is kept."""
    return render(request, "orders/no_order.html")


def _form(
    request: HttpRequest, form: CheckoutForm, contents: Contents, *, notice: str = "", status: int = 0
) -> HttpResponse:
    context = {
        "form": form,
        "contents": contents,
        "quote": contents.quote,
        "notice": notice,
        "steps": STEPS,
        "is_guest": _customer(request) is None,
    }
    return render(request, "orders/checkout.html", context, status=status or (409 if notice else 200))


def _contents(bag: Bag, place: str, method: str) -> Contents:
    """The bag priced for the place typed, or for the bag's own where that is none of ours."""
    return bags.contents(bags.send_to(bag, place) if place in destinations.table() else bag, method=method)


def _why_locked(request: HttpRequest) -> str:
    """What keeps them from ordering, and how they end it: the erasure where both hold, since it ends by itself otherwise."""
    user = _customer(request)
    reasons = subjects.of_number(user.subject_id).restricted_for if user else []
    return next((words for reason, words in LOCKED.items() if reason in reasons), LOCKED[Reason.ERASURE])


def _customer(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _who(user: User | None) -> tuple[Subject | None, Actor]:
    return (user.subject, user) if user else (None, GUEST)


def _known(user: User | None) -> dict[str, Any]:
    """What the account already knows, so that nobody types it again."""
    if user is None:
        return {}
    known: dict[str, Any] = {"email": user.email, "full_name": user.full_name, "phone": user.phone}
    address = addresses.default_of(user)
    if address is None:
        return known
    place = destinations.find(address.country, address.region)
    return known | {
        "recipient": "" if address.full_name == user.full_name else address.full_name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": "" if place and place.region else address.region,
        "postal_code": address.postal_code,
        "place": place.code if place and place.is_exact else "",
    }


def _initial(noted: dict[str, Any]) -> dict[str, Any]:
    engravings = noted.pop("engravings", {})
    return noted | {f"engraving_{name.replace(':', '_')}": text for name, text in engravings.items()}


def _new_total(error: checkout.PriceChanged) -> str:
    total = money.format(error.quote.total_minor, error.quote.currency)
    return f"The total is now {total}. Have a look, and pay if it suits you."


def _short(contents: Contents, error: stock.NotEnough) -> str:
    titles = {line.buyable.key: line.buyable.title for line in contents.lines}
    return " ".join(f"{titles.get(short.key, 'A piece')}: {only(short.available)}" for short in error.lines)
