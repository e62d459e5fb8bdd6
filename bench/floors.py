"""What the least of servers costs here: the floors that every figure is a ratio to."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template

from shop.models import Stone


def bare(request: HttpRequest) -> HttpResponse:
    """Two letters."""
    return HttpResponse("ok")


def rows(request: HttpRequest) -> HttpResponse:
    """One indexed query of 24 rows, about 30 KB from a Django template: the unit of the listing pages."""
    return HttpResponse(page())


def constant(request: HttpRequest) -> HttpResponse:
    """The same 30 KB, made once."""
    return HttpResponse(kept_page())


def empty(request: HttpRequest) -> HttpResponse:
    """Two letters through all of the shop's middleware."""
    return HttpResponse("ok")


def page() -> str:
    """The rows page: 24 rows by primary key, six columns each."""
    stones = Stone.objects.only("ref", "carat", "shape", "colour", "clarity", "price_minor").order_by("pk")[:24]
    return get_template("bench/rows.html").render({"stones": list(stones), "shelves": range(60)})


@cache
def kept_page() -> str:
    """The rows page, remembered."""
    return page()
