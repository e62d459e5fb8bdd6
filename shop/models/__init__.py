"""The nouns of the shop window: pieces, loose stones, and how many of each there are."""

from shop.models.activity import Activity
from shop.models.catalogue import Category, Metal, Product, StoneOrigin, StoneSetting, Variant
from shop.models.reviews import Review, ReviewPhoto
from shop.models.stock import Reservation, StockLevel
from shop.models.stones import Certificate, Clarity, Colour, Cut, Shape, Stone
from shop.models.sums import KeptSum

__all__ = [
    "Activity",
    "Category",
    "Certificate",
    "Clarity",
    "Colour",
    "Cut",
    "KeptSum",
    "Metal",
    "Product",
    "Reservation",
    "Review",
    "ReviewPhoto",
    "Shape",
    "StockLevel",
    "Stone",
    "StoneOrigin",
    "StoneSetting",
    "Variant",
]
