"""What is on sale: the reads behind the pages and the API.

Writes nothing. What can be put in a bag is `shop.buyables`, how many there are and who holds them `shop.stock`; loose stones are
found by `shop.finder`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, transaction
from django.db.models import F, Q
from django.urls import reverse

from shop.choice import Offer
from shop.facets import Facet, Option, Tally, Thing, tally
from shop.models import Category, Certificate, Product, Stone, Variant
from shop.models.catalogue import METAL_NAMES, SEARCH_CONFIG, ProductQuerySet
from shop.paging import Pages
from shop.recall import recalled

NUMBER_OF_RELATED: Final = 4
#: A search shows no more than this: who needs more needs another word.
MOST_FOUND: Final = 240
MOST_WORDS: Final = 8
#: How alike a word must be to one of ours (0 to 1) to be taken for a slip of the finger: "neckace" is 0.55 of a necklace.
LIKENESS: Final = "0.45"


class Unknown(LookupError):
    """No such category, product or stone, or it is not on sale any more."""


class Card(NamedTuple):
    """What a list says of a product."""

    slug: str
    name: str
    archetype: str
    metals: str
    min_price_minor: int
    max_price_minor: int
    currency: str


# Categories


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category as the pages need it; a shelf lists its styles, a style names its shelf."""

    pk: int
    slug: str
    name: str
    blurb: str
    shelf: str
    styles: tuple[str, ...]
    pks: tuple[int, ...]

    @property
    def url(self) -> str:
        return reverse("shop:category", args=[self.slug])


@recalled
def tree() -> dict[str, Shelf]:
    """Every category by slug, shelves before their styles."""
    rows = list(Category.objects.order_by("parent_id", "position", "id"))
    slugs = {row.pk: row.slug for row in rows}
    styles: dict[int, list[Category]] = defaultdict(list)
    for row in rows:
        if row.parent_id is not None:
            styles[row.parent_id].append(row)
    return {
        row.slug: Shelf(
            row.pk,
            row.slug,
            row.name,
            row.blurb,
            slugs[row.parent_id] if row.parent_id is not None else "",
            tuple(style.slug for style in styles[row.pk]),
            (row.pk, *(style.pk for style in styles[row.pk])),
        )
        for row in rows
    }


class Band(NamedTuple):
    """A range of weights or prices that a facet offers as one value; `below` is excluded, None is open."""

    value: str
    label: str
    below: Decimal | None


CARAT_BANDS: Final = (
    Band("to-0.29", "Up to 0.29 ct", Decimal("0.30")),
    Band("0.30-0.49", "0.30 to 0.49 ct", Decimal("0.50")),
    Band("0.50-0.99", "0.50 to 0.99 ct", Decimal("1.00")),
    Band("1.00-1.99", "1.00 to 1.99 ct", Decimal("2.00")),
    Band("2.00-4.99", "2.00 to 4.99 ct", Decimal("5.00")),
    Band("from-5.00", "5.00 ct and more", None),
)
PRICE_BANDS: Final = (
    Band("to-500", "Up to $500", Decimal(500_00)),
    Band("500-1000", "$500 to $1,000", Decimal(1_000_00)),
    Band("1000-2500", "$1,000 to $2,500", Decimal(2_500_00)),
    Band("2500-5000", "$2,500 to $5,000", Decimal(5_000_00)),
    Band("from-5000", "$5,000 and more", None),
)
NO_STONES: Final = "none"
#: The facets of a category page, in order: name, legend, and every value with its label.
FACETS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "metal": ("Metal", METAL_NAMES),
    "carat": ("Weight of stones", {band.value: band.label for band in CARAT_BANDS} | {NO_STONES: "No stones"}),
    "price": ("Price", {band.value: band.label for band in PRICE_BANDS}),
}
SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "featured": ("position", "category_id", "id"),
    "price": ("min_price_minor", "id"),
    "-price": ("-min_price_minor", "-id"),
    "newest": ("-created_at", "-id"),
}
SORT_LABELS: Final = (
    ("featured", "Featured"),
    ("price", "Price, low to high"),
    ("-price", "Price, high to low"),
    ("newest", "Newest"),
)


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """One page of a category, and what the facets say beside it."""

    shelf: Shelf
    parent: Shelf | None
    styles: list[Shelf]
    cards: list[Card]
    total: int
    facets: list[Facet]
    pages: Pages


def category_page(
    slug: str, ticked: Mapping[str, Collection[str]], *, sort: str = "featured", page: int = 1
) -> CategoryPage:
    """A shelf or a style, narrowed by facets. Three statements at most. Raises `Unknown`."""
    shelves = tree()
    if slug not in shelves:
        raise Unknown(slug)
    shelf = shelves[slug]
    counted = tally(_things(shelf.pks), [ticked.get(name, ()) for name in FACETS])
    pages = Pages.of(counted.total, page)
    products = Product.objects.on_sale().filter(category_id__in=shelf.pks)
    if any(ticked.values()):
        products = products.filter(pk__in=counted.found)
    home = shelves[shelf.shelf] if shelf.shelf else shelf
    return CategoryPage(
        shelf=shelf,
        parent=shelves.get(shelf.shelf),
        styles=[shelves[style] for style in home.styles],
        cards=_cards(products.order_by(*SORTS[sort])[pages.rows]),
        total=counted.total,
        facets=_facets(counted, ticked),
        pages=pages,
    )


@recalled
def _things(category_ids: tuple[int, ...]) -> list[Thing[int]]:
    """The products of some categories, each with what its variants offer: metal, band of weight, band of price."""
    rows = (
        Variant.objects.on_sale()
        .filter(product__category_id__in=category_ids)
        .values_list("product_id", "metal", "carat", "price_minor")
        .order_by()
        .distinct()
    )
    offers: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for product_id, metal, carat, price in rows:
        offers[product_id].add(
            (metal, NO_STONES if carat is None else _band(CARAT_BANDS, carat), _band(PRICE_BANDS, price))
        )
    return [Thing(product_id, 1, made) for product_id, made in offers.items()]


def _band(bands: Sequence[Band], amount: Decimal | int) -> str:
    return next(band.value for band in bands if band.below is None or amount < band.below)


def _facets(counted: Tally[int], ticked: Mapping[str, Collection[str]]) -> list[Facet]:
    return [
        Facet(name, legend, _options(labels, counts, ticked.get(name, ())))
        for (name, (legend, labels)), counts in zip(FACETS.items(), counted.counts, strict=True)
    ]


def _options(labels: Mapping[str, str], counts: Mapping[object, int], ticked: Collection[str]) -> tuple[Option, ...]:
    return tuple(
        Option(value, label, counts.get(value, 0), value in ticked)
        for value, label in labels.items()
        if counts.get(value) or value in ticked
    )


def _cards(products: ProductQuerySet) -> list[Card]:
    return [Card._make(row) for row in products.values_list(*Card._fields)]


# Products


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product, the way to it (shelf, then style), what it can be had as, and pieces near it."""

    product: Product
    trail: list[Shelf]
    offers: list[Offer]
    related: list[Card]


def product(slug: str) -> ProductPage:
    """Everything a product's page shows. Four statements at most. Raises `Unknown`."""
    found = Product.objects.on_sale().filter(slug=slug).defer("search", "keywords").first()
    if found is None:
        raise Unknown(slug)
    offers = _offers(found.pk)
    if not offers:
        raise Unknown(slug)
    near = [card for card in _first_of(found.category_id) if card.slug != slug]
    return ProductPage(found, _trail(found.category_id), offers, near[:NUMBER_OF_RELATED])


def _offers(product_id: int) -> list[Offer]:
    """The live variants of a product with what is left of each, in the order of the page.

    Written out: this statement is asked with every product page, and composing it costs five times what asking it does.
    """
    with connection.cursor() as cursor:
        cursor.execute(OFFERS, [product_id])
        return [Offer._make(row) for row in cursor.fetchall()]


OFFERS: Final = """
    SELECT variant.id, metal, carat, length_cm, ring_size, price_minor, currency, weight_grams, lead_days,
           on_hand - reserved AS available
      FROM shop_variant variant LEFT JOIN shop_stocklevel level ON level.variant_id = variant.id
     WHERE product_id = %s AND is_live
     ORDER BY position, variant.id
"""


def _trail(category_id: int) -> list[Shelf]:
    """A category, with the shelf it stands on before it; empty while a new category is not in the remembered tree."""
    shelves = tree()
    here = next((shelf for shelf in shelves.values() if shelf.pk == category_id), None)
    if here is None:
        return []
    return [shelves[here.shelf], here] if here.shelf else [here]


@recalled
def _first_of(category_id: int) -> list[Card]:
    """The pieces a category begins with, and one more than are shown, since a page leaves itself out."""
    in_category = Product.objects.on_sale().filter(category_id=category_id)
    return _cards(in_category.order_by("position", "id")[: NUMBER_OF_RELATED + 1])


class Near(NamedTuple):
    """A piece that somebody knows, by name, and the pieces its style begins with."""

    name: str
    style: str
    cards: list[Card]


def near(slugs: Collection[str]) -> dict[str, Near]:
    """For each of these products that is on sale, what stands beside it. One statement, and one for each style."""
    rows = Product.objects.on_sale().filter(slug__in=slugs).values_list("slug", "name", "category_id", "category__name")
    return {slug: Near(name, style, _first_of(category_id)) for slug, name, category_id, style in rows}


def slugs_of(variant_ids: Collection[int]) -> dict[int, str]:
    """Which product each of these variants is one of, on sale or not."""
    return dict(Variant.objects.filter(pk__in=variant_ids).values_list("pk", "product__slug"))


class Styled(NamedTuple):
    """The first piece of a style, with the names of its style and shelf."""

    style: str
    style_name: str
    shelf: str
    card: Card


@recalled
def first_of_each_style() -> list[Styled]:
    """One piece for every style, in the order of the shelves: what the home page shows."""
    names = ("category__slug", "category__name", "category__parent__slug")
    rows = (
        Product.objects.on_sale()
        .order_by("category_id", "position", "id")
        .distinct("category_id")
        .values_list("category__parent__position", "category__position", *names, *Card._fields)
    )
    return [
        Styled(row[2], row[3], row[4] or "", Card._make(row[5:]))
        for row in sorted(rows, key=lambda row: (row[0] or 0, row[1]))
    ]


def product_paths() -> list[str]:
    """The address of every product on sale."""
    slugs = Product.objects.on_sale().order_by("id").values_list("slug", flat=True)
    return [reverse("shop:product", args=[slug]) for slug in slugs]


# Search


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found: pieces of one page, the stone whose reference or certificate it names, if any."""

    cards: list[Card]
    total: int
    pages: Pages
    stone: str
    is_guess: bool


def search(words: str, *, page: int = 1) -> Results:
    """Pieces by full text; where that finds nothing, by likeness of each word, so that a slip of a finger still finds."""
    stone = _stone_named(words)
    query = SearchQuery(words, config=SEARCH_CONFIG, search_type="websearch")
    by_text = (
        Product.objects.on_sale().filter(search=query).order_by(SearchRank(F("search"), query).desc(), "position", "id")
    )
    cards = _cards(by_text[:MOST_FOUND])
    is_guess = not cards and not stone
    if is_guess:
        cards = _guessed(words)
    pages = Pages.of(len(cards), page)
    return Results(cards[pages.rows], len(cards), pages, stone, is_guess and bool(cards))


def _guessed(words: str) -> list[Card]:
    """Products that have a word like each of these. The likeness that counts is lowered for this one question."""
    products = Product.objects.on_sale()
    for word in words.split()[:MOST_WORDS]:
        products = products.filter(Q(name__trigram_word_similar=word) | Q(keywords__trigram_word_similar=word))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [LIKENESS])
        return _cards(products.order_by("position", "id")[:MOST_FOUND])


def _stone_named(words: str) -> str:
    """The reference of the stone that these words name, by reference or certificate number; asks only when they could."""
    name = words.strip().upper()
    if name.startswith("ST-"):
        return str(Stone.objects.filter(ref=name).values_list("ref", flat=True).first() or "")
    if any(character.isdigit() for character in name) and " " not in name:
        certificates = Certificate.objects.filter(number=name)
        return str(certificates.values_list("stone__ref", flat=True).first() or "")
    return ""


@dataclass(frozen=True, slots=True)
class StonePage:
    """A stone with its certificate, and stones much like it."""

    stone: Stone
    similar: list[Stone]


def stone(ref: str) -> StonePage:
    """Everything a stone's page shows. Two statements. Raises `Unknown`."""
    found = Stone.objects.exclude(status=Stone.Status.WITHHELD).filter(ref=ref).select_related("certificate").first()
    if found is None:
        raise Unknown(ref)
    alike = Stone.objects.on_sale().filter(shape=found.shape, origin=found.origin, price_minor__gte=found.price_minor)
    return StonePage(found, list(alike.exclude(pk=found.pk).order_by("price_minor", "id")[:NUMBER_OF_RELATED]))
