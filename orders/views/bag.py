"""The bag page and its four buttons. Every one is a plain form post; htmx only spares the reader a jump."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from orders import bag as bags
from orders.bag import Bag
from orders.forms import NO_SUCH_PIECE, KeyForm, LineForm, PlaceForm
from orders.models.order import MOST_OF_ONE
from shop import buyables, counting
from shop.models import Activity
from shop.stock import Key

NOT_FOR_SALE: Final = "This piece is not for sale any more. Your bag is as it was."
TAMPERED: Final = "Your bag could not be read, so it starts afresh. Nothing else of yours is affected."
FULL: Final = f"A bag holds {bags.MOST_LINES} different pieces. Take one out first, or order these now."
MOST: Final = f"{MOST_OF_ONE} of one piece is the most that we send; write to us for more."
STONE_ONCE: Final = "There is one such stone, and it is in your bag."


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The bag, with an undo for what was just taken out."""
    return _page(request, bags.read(request), removed=_removed(request))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put a piece in. *Shape*: `key` is `v:<id>` or `s:<id>`, `quantity` from 1 to 20, 1 if absent."""
    bag = bags.read(request)
    form = LineForm({"key": request.POST.get("key", ""), "quantity": request.POST.get("quantity") or "1"})
    if not form.is_valid():
        return _refuse(request, bag, form.first_error)
    try:
        added = bags.add(bag, form.cleaned_data["key"], form.cleaned_data["quantity"])
    except bags.NotForSale:
        return _refuse(request, bag, NOT_FOR_SALE)
    except bags.TooMany as error:
        return _refuse(request, bag, only(error.available, in_bag=bag.quantity(form.cleaned_data["key"])))
    except bags.BadQuantity:
        return _refuse(request, bag, STONE_ONCE if form.cleaned_data["key"][0] == "s" else MOST)
    except bags.BagFull:
        return _refuse(request, bag, FULL)
    _count(request, form.cleaned_data["key"])
    response = render(request, "orders/_added.html", {"count": added.count}) if _is_htmx(request) else _to_bag()
    bags.write(response, added)
    return response


def _count(request: HttpRequest, key: Key) -> None:
    """Note which piece was put in, for somebody who agreed to be counted."""
    if counting.may_count(request):
        what = buyables.find([key])[key].reference
        counting.note(request, Activity.Kind.ADDED, what=what, at=timezone.now())


@require_POST
def quantity(request: HttpRequest) -> HttpResponse:
    """Have so many of something."""
    bag, form = bags.read(request), LineForm(request.POST)
    if not form.is_valid():
        return _refuse(request, bag, form.first_error, beside=_key(request))
    try:
        changed = bags.set_quantity(bag, form.cleaned_data["key"], form.cleaned_data["quantity"])
    except bags.BadQuantity:
        return _refuse(request, bag, STONE_ONCE, beside=form.cleaned_data["key"])
    return _with(_to_bag(), changed)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take something out; the page then offers to put it back."""
    bag, key = bags.read(request), _key(request)
    if key is None:
        return _refuse(request, bag, NO_SUCH_PIECE)
    taken = bag.quantity(key)
    undo = "?" + urlencode({"removed": bags.name_of(key), "quantity": taken}) if taken else ""
    return _with(_to_bag(undo), bags.remove_line(bag, key))


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Price the bag for another place."""
    bag, form = bags.read(request), PlaceForm(request.POST)
    if not form.is_valid():
        return _refuse(request, bag, "We do not deliver there yet. Choose a place from the list.")
    return _with(_to_bag(), bags.send_to(bag, form.cleaned_data["place"]))


def only(available: int, *, in_bag: int = 0) -> str:
    """What to say when there are fewer than wanted."""
    if available <= 0:
        return "All there are of it are in your bag." if in_bag else "This piece has just gone to somebody else."
    return f"There {'is' if available == 1 else 'are'} only {available} {'more' if in_bag else 'left'}."


def _page(
    request: HttpRequest,
    bag: Bag,
    *,
    removed: dict[str, object] | None = None,
    error: str = "",
    beside: Key | None = None,
    status: int = 200,
) -> HttpResponse:
    contents = bags.contents(bag)
    context = {
        "contents": contents,
        "rows": [(line, error if line.buyable.key == beside else _short(line)) for line in contents.lines],
        "quote": contents.quote,
        "place_form": PlaceForm(initial={"place": bag.place}),
        "removed": removed,
        "error": "" if beside in bag.keys else error,
        "tampered": TAMPERED if bag.is_tampered else "",
        "most": MOST_OF_ONE,
    }
    response = render(request, "orders/bag.html", context, status=status)
    if bag.is_tampered or contents.gone:
        present = {line.buyable.key for line in contents.lines}
        for key in bag.keys:
            bag = bag if key in present else bags.remove_line(bag, key)
        bags.write(response, bag)
    return response


def _short(line: bags.Line) -> str:
    return only(line.available) if line.is_short else ""


def _refuse(request: HttpRequest, bag: Bag, error: str, *, beside: Key | None = None) -> HttpResponse:
    """Say what is wrong and change nothing. htmx shows no page with an error status, so it gets a plain one."""
    if _is_htmx(request) and request.headers.get("HX-Target", "") != "bag":
        return render(request, "orders/_refused.html", {"error": error})
    return _page(request, bag, error=error, beside=beside, status=200 if _is_htmx(request) else 422)


def _removed(request: HttpRequest) -> dict[str, object] | None:
    """What the undo offers to put back: named by the address, told by the catalogue."""
    form = LineForm({"key": request.GET.get("removed", ""), "quantity": request.GET.get("quantity", "")})
    if not form.is_valid():
        return None
    key: Key = form.cleaned_data["key"]
    buyable = buyables.find([key]).get(key)
    if buyable is None:
        return None
    return {"key": bags.name_of(key), "quantity": form.cleaned_data["quantity"], "title": buyable.title}


def _key(request: HttpRequest) -> Key | None:
    form = KeyForm(request.POST)
    return form.cleaned_data["key"] if form.is_valid() else None


def _to_bag(query: str = "") -> HttpResponseRedirect:
    response = HttpResponseRedirect(reverse("orders:bag") + query)
    response.status_code = 303  # the answer to a post is another page, to be fetched (RFC 9110 15.4.4)
    return response


def _with(response: HttpResponse, bag: Bag) -> HttpResponse:
    bags.write(response, bag)
    return response


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
