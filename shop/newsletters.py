"""What the newsletter may show of the catalogue: live pieces, each with its picture."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import lru_cache

from django.contrib.staticfiles import finders
from django.urls import reverse
from PIL import Image

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
        file.name,
    )


def jpeg(piece: Piece) -> bytes:
    """The picture of a piece as every mail program shows it."""
    return _converted(piece.source)


@lru_cache(maxsize=64)
def _converted(name: str) -> bytes:
    """A static file as JPEG: made once for all the mails of a newsletter."""
    file = finders.find(name)
    assert file is not None, "the manifest names pictures that are there"
    with Image.open(file) as picture, io.BytesIO() as made:
        picture.convert("RGB").save(made, "JPEG", quality=85, optimize=True)
        return made.getvalue()


catalogue = Catalogue(choices, find, jpeg)
