"""How the catalogue reads over the API. Amounts are integers in minor units beside their currency; weights are exact decimals."""

from __future__ import annotations

from rest_framework import serializers

from shop import stock, wording
from shop.models import Category, Certificate, Product, Stone, Variant


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A shelf or a style."""

    shelf: serializers.SlugRelatedField[Category] = serializers.SlugRelatedField(
        "slug", source="parent", read_only=True
    )
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Category
        fields = ("slug", "name", "blurb", "shelf", "url")


class ProductListSerializer(serializers.ModelSerializer[Product]):
    """A product in a list."""

    category: serializers.SlugRelatedField[Category] = serializers.SlugRelatedField("slug", read_only=True)
    stone_origin = serializers.CharField(read_only=True)
    metals = serializers.SerializerMethodField()
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Product
        fields: tuple[str, ...] = (
            "slug",
            "sku",
            "name",
            "category",
            "blurb",
            "metals",
            "stone_origin",
            "min_price_minor",
            "max_price_minor",
            "currency",
            "lead_days",
            "url",
        )

    def get_metals(self, product: Product) -> list[str]:
        return product.metals.split()


class VariantSerializer(serializers.ModelSerializer[Variant]):
    """One thing that can be put in a bag, by its key."""

    key = serializers.SerializerMethodField()
    available = serializers.SerializerMethodField()

    class Meta:
        model = Variant
        fields: tuple[str, ...] = (
            "key",
            "sku",
            "metal",
            "carat",
            "length_cm",
            "ring_size",
            "price_minor",
            "currency",
            "weight_grams",
            "lead_days",
            "available",
        )

    def get_key(self, variant: Variant) -> str:
        return stock.spell(("v", variant.pk))

    def get_available(self, variant: Variant) -> int:
        return variant.stock.available if hasattr(variant, "stock") else 0


class ProductSerializer(ProductListSerializer):
    """A product with its variants."""

    variants = VariantSerializer(many=True, read_only=True)

    class Meta(ProductListSerializer.Meta):
        fields: tuple[str, ...] = (
            *ProductListSerializer.Meta.fields,
            "description",
            "care",
            "stone_words",
            "resizable",
            "engravable",
            "variants",
        )


class CertificateSerializer(serializers.ModelSerializer[Certificate]):
    """A grading report; `is_demo` says that the number is made up."""

    class Meta:
        model = Certificate
        fields = ("lab", "number", "is_demo")


class StoneListSerializer(serializers.ModelSerializer[Stone]):
    """A loose stone in a list; grades as people write them."""

    key = serializers.SerializerMethodField()
    title = serializers.SerializerMethodField()
    cut = serializers.CharField(source="get_cut_display", read_only=True, allow_null=True)
    colour = serializers.CharField(source="get_colour_display", read_only=True)
    clarity = serializers.CharField(source="get_clarity_display", read_only=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Stone
        fields: tuple[str, ...] = (
            "key",
            "ref",
            "title",
            "source",
            "shape",
            "origin",
            "carat",
            "cut",
            "colour",
            "clarity",
            "depth_pct",
            "table_pct",
            "price_minor",
            "currency",
            "status",
            "url",
        )

    def get_key(self, stone: Stone) -> str:
        return stock.spell(("s", stone.pk))

    def get_title(self, stone: Stone) -> str:
        return wording.stone_title(stone)


class StoneSerializer(StoneListSerializer):
    """A loose stone with its measurements and its certificate."""

    certificate = CertificateSerializer(read_only=True, allow_null=True)

    class Meta(StoneListSerializer.Meta):
        fields: tuple[str, ...] = (
            *StoneListSerializer.Meta.fields,
            "x_mm",
            "y_mm",
            "z_mm",
            "is_settable",
            "certificate",
        )
