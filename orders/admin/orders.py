"""The order desk: orders to pack, ship, deliver, send elsewhere, cancel, refund. Everything else is evidence, and only read here.

The parcel's address shows while the order is in hand; before and after, the desk needs only references and sums.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display

from accounts.models import User
from orders import fulfilment, papers, payments
from orders.admin import refund_rows
from orders.admin.order_decisions import DECISIONS, IN_HAND, REFUSALS
from orders.models import Order, OrderLine, Paper, Return, Shipment
from privacy.admin.decisions import Decides
from privacy.admin.masks import Evidence, ShownInline
from privacy.ground import states
from shop import money

STATE_COLOURS: Final = {"paid": "warning", "packed": "warning", "shipped": "info", "delivered": "success"}


class LineInline(ShownInline, TabularInline):
    model = OrderLine
    fields = readonly_fields = ("title", "detail", "sku", "quantity", "words")
    shows = {"words": ("engraving",)}
    verbose_name_plural = "pieces"
    hide_title = True

    @display(description="engraving")
    def words(self, line: OrderLine) -> str:
        """What the bench engraves; empty after an erasure."""
        return line.engraving or ""


class PaperInline(ShownInline, TabularInline):
    model = Paper
    fields = readonly_fields = ("kind", "content_type", "size_bytes", "added_at")
    verbose_name_plural = "appraisals and insurance files"


class ShipmentInline(ShownInline, StackedInline):
    model = Shipment
    fields = readonly_fields = ("carrier", "tracking_number", "shipped_at", "status", "told_at", "delivered_at")


class ReturnInline(ShownInline, TabularInline):
    model = Return
    fields = readonly_fields = ("reference", "state", "right", "requested_at", "closed_at")
    show_change_link = True


@admin.register(Order)
class OrderAdmin(Decides, Evidence):
    """What is to be packed, what is on its way. The list names nobody."""

    list_display = ("reference", "state_label", "placed_at", "total", "country", "invoice_number")
    list_filter = ("state", "country")
    search_fields = ("=reference", "=invoice_number", "=email")
    search_help_text = "The whole reference, invoice number, e-mail address or certificate number"
    ordering = ("-placed_at",)
    date_hierarchy = "placed_at"
    inlines = (LineInline, ShipmentInline, ReturnInline, PaperInline)
    change_form_after_template = "admin/orders/refunds.html"
    actions = ("pack_chosen",)
    decisions = DECISIONS
    refusals = REFUSALS
    shows = {
        "recipient": ("ship_name",),
        "address": ("ship_line1", "ship_line2", "ship_city", "region", "ship_postal_code", "country"),
        "gift": ("gift_message",),
        "tax": ("tax_name",),
    }

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A certificate number is looked up by its keyed digest: it stands in no column."""
        found, has_doubles = super().get_search_results(request, queryset, search_term)
        owners = papers.with_number(search_term).values("line__order_id")
        return (found | queryset.filter(pk__in=owners) if search_term.strip() else found), has_doubles

    def get_fieldsets(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """The sums always; the parcel's address while there is a parcel to send."""
        sums = ("subtotal", "shipping", "tax", "total", "refundable")
        course = ("paid_at", "packed_at", "completed_at", "cancelled_at", "cancel_reason")
        parcel = ("recipient", "address", "email", "phone", "shipping_method", "gift")
        return [
            (None, {"fields": ("reference", "state", "invoice_number", "placed_at")}),
            *([("Parcel", {"fields": parcel})] if obj and obj.state in IN_HAND else []),
            ("Sums", {"fields": sums}),
            ("Course", {"fields": course}),
        ]

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> tuple[Any, ...]:
        """The pieces; the parcel, returns and papers once there are some."""
        if obj is None:
            return ()
        return (
            LineInline,
            *([ShipmentInline] if hasattr(obj, "shipment") else []),
            *([ReturnInline] if obj.returns.exists() else []),
            *([PaperInline] if obj.papers.exists() else []),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The order, and below it the money that went back."""
        order = self.get_object(request, unquote(object_id))
        known = {"refunds": refund_rows.table(order)} if isinstance(order, Order) else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})
        return page

    def has_fulfil_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.fulfil_order"))

    @admin.action(description="Pack the chosen orders", permissions=["fulfil"])
    def pack_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Pack what is paid, and say how many were not."""
        assert isinstance(request.user, User)
        packed, chosen = 0, list(queryset)
        for order in chosen:
            try:
                fulfilment.pack(order, by=request.user, at=timezone.now())
                packed += 1
            except (states.NotAllowed, states.Changed):
                continue
        messages.info(request, f"{packed} packed, {len(chosen) - packed} left as they were.")

    def describe(self, row: Order) -> str:
        """Its reference, where it stands, and what can still be refunded."""
        left = money.format(payments.refundable(row), row.currency)
        return f"{row.reference} is {row.get_state_display().lower()}; {left} can still be refunded"

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, order: Order) -> tuple[str, str]:
        return order.state, order.get_state_display()

    @display(description="recipient")
    def recipient(self, order: Order) -> str:
        return order.ship_name

    @display(description="address")
    def address(self, order: Order) -> str:
        town = f"{order.ship_city} {order.region} {order.ship_postal_code}"
        return ", ".join(part for part in (order.ship_line1, order.ship_line2, town, order.country) if part)

    @display(description="gift message")
    def gift(self, order: Order) -> str:
        return order.gift_message or ""

    @display(description="pieces")
    def subtotal(self, order: Order) -> str:
        return money.format(order.subtotal_minor, order.currency)

    @display(description="delivery")
    def shipping(self, order: Order) -> str:
        return money.format(order.shipping_minor, order.currency)

    @display(description="tax")
    def tax(self, order: Order) -> str:
        return f"{money.format(order.tax_minor, order.currency)} ({order.tax_name}, {order.tax_percent} %)"

    @display(description="total", ordering="total_minor")
    def total(self, order: Order) -> str:
        return money.format(order.total_minor, order.currency)

    @display(description="still refundable")
    def refundable(self, order: Order) -> str:
        return money.format(payments.refundable(order), order.currency)
