"""The pages of the shop window. Each reads its address, asks one room, and shows what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from privacy.consent import pace
from privacy.consent.cookies import SEEN
from shop import (
    activity,
    arrival,
    buyables,
    cards,
    catalogue,
    choice,
    drawing,
    finder,
    money,
    pagecache,
    reviews,
    sizes,
    structured,
    wording,
)
from shop.counting import may_count, note, note_visit, see
from shop.csrf import is_from_us
from shop.forms import CategoryForm, FinderForm, SearchForm, page_number
from shop.models import Activity, Product, Stone
from shop.pagecache import public
from shop.pictures import FULL_SIZES
from shop.tagged import tagged

#: The sentence of the home page, before anybody edits it.
SENTENCE: Final = {"carat_min": "0.70", "carat_max": "1.20", "colour_min": "F", "price_max": "4000"}
#: The styles whose first pieces stand on the home page.
SHOWN: Final = ("solitaire-rings", "stud-earrings", "tennis-bracelets")
STRIP: Final = "necklaces"
VIEWED: Final = Activity.Kind.VIEWED
#: Told by one network address in an hour. A household or an office looks at fewer; a script that inflates the sums at more.
LOOKS_AN_HOUR: Final = 1_000


@require_safe
@public()
@tagged
def home(request: HttpRequest) -> HttpResponse:
    """One picture, five necklaces, three pieces, the finder as a sentence."""
    firsts = catalogue.first_of_each_style()
    sentence = FinderForm(_query(SENTENCE))
    context = {
        "strip": [first for first in firsts if first.shelf == STRIP],
        "pieces": cards.pieces(first.card for first in firsts if first.style in SHOWN),
        "sentence": SENTENCE,
        "colours": finder.STORED["colour"],
        "count": finder.count_stones(sentence.filters),
    }
    see(request, VIEWED, "page/home")
    return render(request, "shop/home.html", context)


@require_safe
@public("metal", "carat", "price", "sort", "page")
@tagged
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A shelf or one of its styles, narrowed by facets."""
    form = CategoryForm(request.GET)
    try:
        found = catalogue.category_page(slug, form.ticked, sort=form.order, page=page_number(request.GET))
    except catalogue.Unknown:
        raise Http404("no such category")
    context = {
        "shelf": found.shelf,
        "styles": found.styles,
        "crumbs": _crumbs(found.parent, found.shelf),
        "pieces": cards.pieces(found.cards, form.values("metal")),
        "total": found.total,
        "facets": cards.facets(tuple((facet, form.error(facet.name)) for facet in found.facets)),
        "is_narrowed": any(form.ticked.values()),
        "pages": found.pages,
        "query": form.query(),
        "sorts": catalogue.SORT_LABELS,
        "sort": form.order,
        "hidden": _hidden(form.ticked),
    }
    see(request, VIEWED, f"category/{slug}")
    return render(request, "shop/category.html", context)


@require_safe
@public(*choice.PARAMETERS)
@tagged
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """A piece, and the choice of its variant."""
    try:
        found = catalogue.product(slug)
    except catalogue.Unknown:
        raise Http404("no such product")
    error, chosen = "", None
    try:
        chosen = choice.choose(found.offers, request.GET.dict(), stones=found.product.stones)
    except choice.Unknown as unknown:
        error = UNKNOWN_CHOICES.get(str(unknown), "")
        chosen = choice.choose(found.offers, {}, stones=found.product.stones)
    context = _product_context(found.product, chosen) | {
        "error": error,
        "style": found.trail[-1].name if found.trail else "",
        "crumbs": [*((step.name, step.url) for step in found.trail), (found.product.name, "")],
        "related": cards.pieces(found.related),
        "reviews": (said := reviews.shown(found.product)),
        "structured": structured.rated(found.product, said),
    }
    see(request, VIEWED, f"product/{slug}")
    response = render(request, "shop/product.html", context)
    return pagecache.never_kept(response) if said else response


UNKNOWN_CHOICES: Final = {
    "variant": "That choice is not on sale. Here is what is.",
    "metal": "It is not made in that metal. Here is what it is made in.",
    "carat": "It is not made in that weight. Here is what it is made in.",
    "length": "It is not made in that length. Here is what it is made in.",
    "size": "It is not made in that size. Here is what it is made in.",
}


def _product_context(piece: Product, chosen: choice.Choice) -> dict[str, Any]:
    """What the product's template needs, said in words."""
    offer = chosen.offer
    lead_days = piece.lead_days if offer.lead_days is None else offer.lead_days
    return {
        "product": piece,
        "choice": chosen,
        "metal": offer.metal,
        "full_sizes": FULL_SIZES,
        "price": money.format_short(offer.price_minor, offer.currency),
        "sizes": [(size, money.format_short(size.price_minor, offer.currency)) for size in chosen.sizes],
        "arrives": arrival.in_words(arrival.arrives_on(lead_days, today=timezone.now().date())),
        "lead_days": lead_days,
        "facts": wording.piece_facts(piece, offer),
        "returnable": buyables.returnable(piece),
    }


@require_safe
@public(*FinderForm.base_fields, "page")
@tagged
def stones(request: HttpRequest) -> HttpResponse:
    """The stone finder."""
    form = FinderForm(request.GET)
    filters = form.filters
    found = finder.find_stones(filters, sort=form.order, page=page_number(request.GET))
    facets = ((facet, form.error(facet.name, f"{facet.name}_min")) for facet in found.facets)
    pictures = {bars.name: drawing.histogram(bars.counts, bars.inside) for bars in finder.spreads(filters)}
    context = {
        "rows": [cards.stone(row) for row in found.rows],
        "total": found.total,
        "facets": cards.facets(tuple(facets), "shop/_grades.html"),
        "ranges": [_range(form, name, legend) | {"picture": pictures.get(name, "")} for name, legend in RANGE_LEGENDS],
        "is_narrowed": bool(filters.ranges) or any(filters.ticked.values()),
        "pages": found.pages,
        "query": form.query(),
        "sorts": finder.SORT_LABELS,
        "sort": form.order,
        "hidden": _hidden({name: form.typed(name) for name in form.fields if name != "sort"}),
    }
    see(request, VIEWED, "page/stones")
    return render(request, "shop/stones.html", context)


RANGE_LEGENDS: Final = (
    ("carat", "Weight in carats"),
    ("price", "Price in dollars"),
    ("depth", "Depth in per cent"),
    ("table", "Table in per cent"),
)


def _range(form: FinderForm, name: str, legend: str) -> dict[str, str]:
    """One range as the template shows it: what was typed, right or wrong, and what is wrong with it."""
    low, high = f"{name}_min", f"{name}_max"
    return {
        "name": name,
        "legend": legend,
        "low": form.address.get(low, ""),
        "high": form.address.get(high, ""),
        "error": form.error(low, high),
    }


@require_safe
@public()
@tagged
def stone(request: HttpRequest, ref: str) -> HttpResponse:
    """One loose stone: its grades, its proportions, its certificate."""
    try:
        found = catalogue.stone(ref.upper())
    except catalogue.Unknown:
        raise Http404("no such stone")
    one = found.stone
    context = {
        "stone": one,
        "title": wording.stone_title(one),
        "grades": wording.stone_grades(one),
        "price": money.format_short(one.price_minor, one.currency),
        "is_available": one.status == Stone.Status.AVAILABLE,
        "outline": drawing.outline(one.shape, f"{one.get_shape_display()} outline, seen from above"),
        "drawing": drawing.proportions(float(one.depth_pct), float(one.table_pct)),
        "crown_degrees": drawing.CROWN_DEGREES,
        "facts": wording.stone_facts(one),
        "certificate": getattr(one, "certificate", None),
        "arrives": arrival.in_words(arrival.arrives_on(buyables.STONE_LEAD_DAYS, today=timezone.now().date())),
        "returnable": buyables.RETURNABLE,
        "similar": [cards.stone(cards.row_of(other)) for other in found.similar],
        "crumbs": [("Stones", reverse("shop:stones")), (one.ref, "")],
    }
    see(request, VIEWED, f"stone/{one.ref}")
    return render(request, "shop/stone.html", context)


@require_safe
@public("q", "page")
def search(request: HttpRequest) -> HttpResponse:
    """Pieces by words, and a stone by its reference."""
    form = SearchForm({"q": request.GET.get("q", "")})
    words = form.cleaned_data["q"] if form.is_valid() else ""
    context: dict[str, Any] = {"form": form, "words": words, "typed": request.GET.get("q", "")}
    if words:
        found = catalogue.search(words, page=page_number(request.GET))
        context |= {
            "pieces": cards.pieces(found.cards),
            "total": found.total,
            "pages": found.pages,
            "query": _query({"q": words}).urlencode(),
            "stone": found.stone,
            "is_guess": found.is_guess,
            "shapes": wording.shapes_in(words),
        }
        # Whether there was something, never the words.
        see(request, Activity.Kind.SEARCHED, "search/found" if found.total or found.stone else "search/nothing")
    return render(request, "shop/search.html", context)


@require_safe
@public()
@tagged
def size_guide(request: HttpRequest) -> HttpResponse:
    """Ring sizes of four systems side by side, and how to measure."""
    see(request, VIEWED, "page/size-guide")
    return render(request, "shop/size_guide.html", {"sizes": sizes.RINGS, "lengths": sizes.LENGTHS})


@require_safe
@public()
@tagged
def about_stones(request: HttpRequest) -> HttpResponse:
    """Where the stones come from, and what is made up in this demonstration."""
    see(request, VIEWED, "page/about-our-stones")
    return render(
        request,
        "shop/about_stones.html",
        {"grades": finder.GRADES, "crumbs": [("Stones", reverse("shop:stones")), ("About our stones", "")]},
    )


@require_safe
@public()
def robots(request: HttpRequest) -> HttpResponse:
    """What a search engine may read: everything but what belongs to one person."""
    closed = ("/bag/", "/checkout/", "/order/", "/account/", "/accounts/", "/search/", "/admin/", "/api/")
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in closed),
        f"Sitemap: {settings.LOUPE_PUBLIC_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@public()
def sitemap(request: HttpRequest) -> HttpResponse:
    """The pages that stay: categories and pieces. A loose stone is gone once it is sold, so the finder stands for all."""
    fixed = [reverse(f"shop:{name}") for name in ("home", "stones", "size_guide", "about_stones")]
    paths = [*fixed, *(shelf.url for shelf in catalogue.tree().values()), *catalogue.product_paths()]
    context = {"urls": [f"{settings.LOUPE_PUBLIC_URL}{path}" for path in paths]}
    return render(request, "shop/sitemap.xml", context, content_type="application/xml; charset=utf-8")


@csrf_exempt  # a remembered page has no token; what is written is signed, and only a page of ours may send it
@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """A page was seen: note it, and once a day that this browser came by, if whoever sits there agrees to be counted now.

    *Shape*: `seen` is what the page said. Answers 204 whether or not anything was written, and 429 to one network address that
    looks at more than people do.
    """
    if not is_from_us(request):
        return HttpResponse(status=403)
    if pace.too_many(request, "seen", an_hour=LOOKS_AN_HOUR):
        return HttpResponse(status=429)
    try:
        kind, what = activity.read(request.POST.get("seen", ""))
    except activity.Forged:
        return HttpResponse(status=400)
    response, now = HttpResponse(status=204), timezone.now()
    if may_count(request) and note(request, kind, what=what, at=now) and note_visit(request, at=now):
        _mark_day(response, now)
    return response


def _mark_day(response: HttpResponse, now: datetime) -> None:
    """Leave the day in the browser, until it is over: the same for everybody who came today."""
    response.set_cookie(
        SEEN,
        activity.day_of(now),
        max_age=activity.left_of_day(now),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _query(values: Mapping[str, str]) -> QueryDict:
    """Values as if they had come in an address."""
    query = QueryDict(mutable=True)
    query.update(dict(values))
    return query


def _hidden(fields: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Filters as hidden inputs, for the form that changes only the order."""
    return [(name, value) for name, values in fields.items() for value in values if value]


def _crumbs(parent: catalogue.Shelf | None, here: catalogue.Shelf) -> list[tuple[str, str]]:
    """The way to a category page; none to a shelf, which is where one starts."""
    return [(parent.name, parent.url), (here.name, "")] if parent else []
