"""What the shop makes: categories, products, and the variants a shopper chooses between."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse

#: The text search configuration of the first migration: English, with accents folded away.
SEARCH_CONFIG = "loupe"


class Metal(models.TextChoices):
    """What a piece is made of."""

    YELLOW_GOLD = "yellow-gold", "18 ct yellow gold"
    WHITE_GOLD = "white-gold", "18 ct white gold"
    ROSE_GOLD = "rose-gold", "18 ct rose gold"
    PLATINUM = "platinum", "Platinum 950"
    SILVER = "silver", "Sterling silver"


class StoneOrigin(models.TextChoices):
    """Where stones come from. Laboratory-grown and cultured ones are always called so (16 CFR 23.12, 23.20)."""

    NATURAL = "natural", "Natural"
    LAB = "lab", "Laboratory-grown"
    CULTURED = "cultured", "Cultured"
    UNSTATED = "unstated", "Origin not stated"


class StoneSetting(models.TextChoices):
    """How many stones a piece holds: several are sold by their total weight, and the page says so."""

    NONE = "none", "No stones"
    SINGLE = "single", "One stone"
    SEVERAL = "several", "Several stones"


class Category(models.Model):
    """A shelf of the shop (necklaces) or a style on it (tennis necklaces)."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    #: Null for a shelf; a style names its shelf. A shelf with styles on it cannot be deleted.
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="styles")
    position = models.PositiveSmallIntegerField(default=0)
    blurb = models.CharField(max_length=240, blank=True)

    class Meta:
        ordering = ("position", "id")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("shop:category", args=[self.slug])


class ProductQuerySet(models.QuerySet["Product"]):
    """Which products a shopper may see."""

    def on_sale(self) -> ProductQuerySet:
        """Live products that have at least one live variant, hence a price."""
        return self.filter(is_live=True, min_price_minor__isnull=False)


class Product(models.Model):
    """A piece, in all the metals, weights and sizes it is made in."""

    slug = models.SlugField(max_length=80, unique=True)
    sku = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    #: The slug of its picture: pieces alike in shape share a render.
    archetype = models.SlugField(max_length=40)
    blurb = models.CharField(max_length=200)
    description = models.TextField()
    care = models.TextField(blank=True)
    stones = models.CharField(max_length=8, choices=StoneSetting.choices, default=StoneSetting.NONE)
    stone_origin = models.CharField(max_length=8, choices=StoneOrigin.choices, blank=True, default="")
    stone_words = models.CharField("stones in words", max_length=120, blank=True)
    resizable = models.BooleanField(default=False)
    engravable = models.BooleanField(default=False)
    lead_days = models.PositiveSmallIntegerField("lead time in working days", default=5)
    position = models.PositiveSmallIntegerField(default=0)
    is_live = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    # The read model: what a list page needs from the variants, kept by `shop.shelves.refresh`.
    #: Null while nothing of it is on sale.
    min_price_minor = models.PositiveIntegerField(null=True, editable=False)
    #: Null while nothing of it is on sale.
    max_price_minor = models.PositiveIntegerField(null=True, editable=False)
    currency = models.CharField(max_length=3, default="USD")
    #: The metals on sale, space-separated, in the order of `Metal`.
    metals = models.CharField(max_length=80, blank=True, editable=False)
    #: What people type to find it and its own text does not say: category, metals, stones.
    keywords = models.TextField(blank=True, editable=False)
    search = models.GeneratedField(
        expression=SearchVector("name", weight="A", config=SEARCH_CONFIG)
        + SearchVector("keywords", weight="B", config=SEARCH_CONFIG)
        + SearchVector("blurb", weight="C", config=SEARCH_CONFIG)
        + SearchVector("description", weight="D", config=SEARCH_CONFIG),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        indexes = [
            models.Index("category", "position", "id", name="product_shelf", condition=Q(is_live=True)),
            GinIndex(fields=["search"], name="product_search"),
            GinIndex(
                fields=["name", "keywords"],
                opclasses=["gin_trgm_ops", "gin_trgm_ops"],
                name="product_trigram",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stones=StoneSetting.NONE, stone_origin="")
                | (~Q(stones=StoneSetting.NONE) & ~Q(stone_origin="")),
                name="product_stones_have_origin",
                violation_error_message="A piece with stones states their origin; one without has none.",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.slug])


class VariantQuerySet(models.QuerySet["Variant"]):
    """Which variants a shopper may choose."""

    def on_sale(self) -> VariantQuerySet:
        return self.filter(is_live=True, product__is_live=True)


class Variant(models.Model):
    """One thing one can put in a bag: this piece, in this metal, weight and size."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=40, unique=True)
    metal = models.CharField(max_length=12, choices=Metal.choices)
    #: Null when the piece has no stones; total weight when it has several.
    carat = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    #: Null when the piece has no length (rings, earrings).
    length_cm = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    ring_size = models.CharField("ring size (US)", max_length=5, blank=True)
    price_minor = models.PositiveIntegerField("price in minor units")
    currency = models.CharField(max_length=3, default="USD")
    weight_grams = models.DecimalField(max_digits=6, decimal_places=2)
    #: Null when it takes as long as its product says.
    lead_days = models.PositiveSmallIntegerField(
        "lead time in working days, if other than the product's", null=True, blank=True
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_live = models.BooleanField(default=True)

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ("product_id", "position", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "metal", "carat", "length_cm", "ring_size"],
                nulls_distinct=False,
                name="variant_is_one_choice",
                violation_error_message="There is a variant with these choices already.",
            ),
            models.CheckConstraint(condition=Q(price_minor__gt=0), name="variant_has_a_price"),
            models.CheckConstraint(
                condition=Q(carat__isnull=True) | Q(carat__gt=Decimal(0)),
                name="variant_carat_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.sku


#: Value to label; `Metal(value).label` costs ten times as much, and lists ask for it often.
METAL_NAMES: dict[str, str] = {metal.value: str(metal.label) for metal in Metal}
