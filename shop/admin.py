"""The catalogue at the desk: categories, pieces with their variants and counts, loose stones, and holds to look at.

A count of stock is an act (`stock.count`), not a field: it cannot go below what is promised, and it is in the audit trail.
A hold is evidence: only the order it belongs to changes it.
"""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display

from privacy.admin.lists import DeskAdmin, staff
from shop import admin_reviews, money, shelves, stock  # noqa: F401  # the desk of reviews registers itself
from shop.models import Category, Certificate, Product, Reservation, StockLevel, Stone, Variant


class ReadOnly(DeskAdmin):
    """Evidence: looked at here, changed nowhere by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Category)
class CategoryAdmin(DeskAdmin):
    """Shelves and styles. A change of name reaches the search of every piece below."""

    list_display = ("name", "slug", "parent", "position")
    list_select_related = ("parent",)
    list_filter = ("parent",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}

    def save_model(self, request: HttpRequest, obj: Category, form: forms.ModelForm[Category], change: bool) -> None:
        super().save_model(request, obj, form, change)
        below = Product.objects.filter(category=obj) | Product.objects.filter(category__parent=obj)
        shelves.refresh(below.values_list("pk", flat=True))


class VariantInline(TabularInline):
    """What a piece is made as."""

    model = Variant
    extra = 0
    fields = ("sku", "metal", "carat", "length_cm", "ring_size", "price_minor", "weight_grams", "lead_days", "is_live")
    show_change_link = True


@admin.register(Product)
class ProductAdmin(DeskAdmin):
    """A piece. Its read model (prices from, metals, search words) follows each change."""

    list_display = ("name", "sku", "category", "price", "metals", "is_live")
    list_filter = ("is_live", "category", "stone_origin")
    list_select_related = ("category",)
    search_fields = ("name", "sku", "slug")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (VariantInline,)
    exclude = ("search",)
    readonly_fields = ("created_at", "min_price_minor", "max_price_minor", "metals")

    @display(description="Price", ordering="min_price_minor")
    def price(self, product: Product) -> str:
        """From what it costs; a dash when nothing of it is on sale."""
        if product.min_price_minor is None:
            return "–"
        return f"from {money.format_short(product.min_price_minor, product.currency)}"

    def save_model(self, request: HttpRequest, obj: Product, form: forms.ModelForm[Product], change: bool) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Every variant has a place in the safe, if an empty one; then the read model."""
        super().save_related(request, form, formsets, change)
        product = cast(Product, form.instance)
        without = Variant.objects.filter(product=product, stock__isnull=True)
        StockLevel.objects.bulk_create([StockLevel(variant=variant) for variant in without])
        shelves.refresh([product.pk])


class CountForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """How many lie in the safe, as counted; never fewer than are promised."""

    class Meta:
        model = StockLevel
        fields = ("on_hand",)

    def clean_on_hand(self) -> int:
        counted: int = self.cleaned_data["on_hand"]
        if counted < self.instance.reserved:
            raise forms.ValidationError(
                f"{self.instance.reserved} are promised to orders: count again, or cancel one first."
            )
        return counted


@admin.register(StockLevel)
class StockLevelAdmin(DeskAdmin):
    """Counts of stock, the scarce ones first."""

    form = CountForm
    list_display = ("sku", "on_hand", "reserved", "left")
    list_select_related = ("variant",)
    search_fields = ("variant__sku", "variant__product__name")
    readonly_fields = ("variant", "reserved")
    fields = ("variant", "on_hand", "reserved")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        levels: QuerySet[StockLevel] = super().get_queryset(request)
        return levels.annotate(left_over=F("on_hand") - F("reserved")).order_by("left_over", "pk")

    @display(description="Variant", ordering="variant__sku")
    def sku(self, level: StockLevel) -> str:
        return level.variant.sku

    @display(description="Available", ordering="left_over")
    def left(self, level: StockLevel) -> int:
        return level.available

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A variant brings its own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It goes with its variant."""
        return False

    def save_model(
        self, request: HttpRequest, obj: StockLevel, form: forms.ModelForm[StockLevel], change: bool
    ) -> None:
        """Count through the room, which locks the row and writes the audit trail."""
        try:
            stock.count(obj.pk, obj.on_hand, by=staff(request), at=timezone.now())
        except stock.NotEnough as short:
            promised = short.lines[0].wanted
            messages.error(request, f"{promised} have been promised to orders meanwhile; the count was not saved.")


class CertificateInline(StackedInline):
    """The grading report of a stone."""

    model = Certificate
    extra = 0


@admin.register(Stone)
class StoneAdmin(DeskAdmin):
    """Loose stones. Where one is (available, reserved, sold) follows from orders; staff withhold and release."""

    list_display = ("ref", "shape", "origin", "carat", "colour", "clarity", "cut", "price", "source", "status")
    list_filter = ("status", "source", "shape", "origin", "colour", "clarity")
    search_fields = ("=ref", "=certificate__number")
    search_help_text = "The whole reference or certificate number"
    readonly_fields = ("status", "source")
    inlines = (CertificateInline,)
    actions = ("withhold", "offer")
    show_full_result_count = False

    @display(description="Price", ordering="price_minor")
    def price(self, stone: Stone) -> str:
        return money.format_short(stone.price_minor, stone.currency)

    def save_model(self, request: HttpRequest, obj: Stone, form: forms.ModelForm[Stone], change: bool) -> None:
        if not change:
            obj.source = Stone.Source.HOUSE
        super().save_model(request, obj, form, change)

    @action(description="Withhold from sale", permissions=["change"])
    def withhold(self, request: HttpRequest, stones: QuerySet[Stone]) -> None:
        self._move(request, stones, Stone.Status.AVAILABLE, Stone.Status.WITHHELD)

    @action(description="Offer for sale", permissions=["change"])
    def offer(self, request: HttpRequest, stones: QuerySet[Stone]) -> None:
        self._move(request, stones, Stone.Status.WITHHELD, Stone.Status.AVAILABLE)

    def _move(self, request: HttpRequest, stones: QuerySet[Stone], old: str, new: str) -> None:
        ids = list(stones.values_list("pk", flat=True))
        moved = stock.move_stones(ids, old, new, by=staff(request), at=timezone.now())
        messages.success(request, f"{moved} of {len(ids)} stones are now {new}; the others were not {old}.")


@admin.register(Reservation)
class ReservationAdmin(ReadOnly):
    """Who holds what; by the order's id."""

    list_display = ("__str__", "owner", "variant", "stone", "quantity", "state", "created_at")
    list_filter = ("state",)
    list_select_related = ("variant", "stone")
    search_fields = ("=owner",)
