"""What the newsletter may show of the catalogue: live pieces, each with its picture."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from privacy.messages.pieces import Catalogue, Piece
from shop import pictures
from shop.models import Product


def choices() -> list[tuple[str, str]]:
    """Every piece on sale, by name."""
    return list(Product.objects.on_sale().order_by("name").values_list("slug", "name"))


def find(slugs: Iterable[str]) -> list[Piece]:
    """These pieces as far as they are on sale, in the order given."""
    wanted = list(slugs)
    found = {product.slug: product for product in Product.objects.on_sale().filter(slug__in=wanted)}
    pieces = (_piece(found[slug]) for slug in wanted if slug in found)
    return [piece for piece in pieces if piece is not None]


def _piece(product: Product) -> Piece | None:
    file = pictures.file(product.archetype, product.metals.partition(" ")[0])
    if file is None:
        return None
    return Piece(
        product.slug,
        product.name,
        product.blurb,
        reverse("shop:product", args=[product.slug]),
        file.path,
        file.width,
        file.height,
    )


catalogue = Catalogue(choices, find)
