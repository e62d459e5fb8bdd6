"""The order desk: orders to pack, ship, deliver, send elsewhere, cancel, refund. Everything else is evidence, and only read here.

Each act is a page of its own with a form, so that nothing changes by following a link. The parcel's address shows while the
order is in hand; before and after, the desk needs only references and sums.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.models import User
from orders import fulfilment, papers, payments
from orders.forms import (
    CancelForm,
    DeskForm,
    PaperForm,
    PlainForm,
    RefundForm,
    RerouteForm,
    ShipForm,
    WheretoForm,
)
from orders.models import Order, OrderLine, Paper, Payment, PaymentEvent, Refund, Shipment, WebhookEvent
from orders.refunds import TooMuch
from orders.states import ORDER
from privacy.admin.masks import Evidence, ShownInline
from privacy.ground import states, uploads
from shop import money

IN_HAND: Final = frozenset({Order.State.PAID, Order.State.PACKED, Order.State.SHIPPED})
STATE_COLOURS: Final = {"paid": "warning", "packed": "warning", "shipped": "info", "delivered": "success"}


# What the desk can do


@dataclass(frozen=True, slots=True)
class Act:
    """One page of the desk: from which states, with which form, calling which verb."""

    title: str
    done: str
    froms: Collection[str]
    form: type[DeskForm]
    do: Callable[[Order, Any, User, datetime], None]


def _leading_to(state: str) -> frozenset[str]:
    """The paid states from which the table leads there."""
    return frozenset(start for start in ORDER.table if ORDER.allows(start, state)) - {Order.State.PENDING_PAYMENT}


def _pack(order: Order, form: Any, by: User, at: datetime) -> None:
    fulfilment.pack(order, by=by, at=at)


def _ship(order: Order, form: Any, by: User, at: datetime) -> None:
    fulfilment.ship(order, **form.cleaned_data, by=by, at=at)


def _deliver(order: Order, form: Any, by: User, at: datetime) -> None:
    fulfilment.deliver(order, by=by, at=at)


def _readdress(order: Order, form: Any, by: User, at: datetime) -> None:
    fulfilment.readdress(order, fulfilment.Whereto(**form.cleaned_data), by=by, at=at)


def _reroute(order: Order, form: Any, by: User, at: datetime) -> None:
    fulfilment.reroute(order, **form.cleaned_data, by=by, at=at)


def _hand_over(order: Order, form: Any, by: User, at: datetime) -> None:
    fulfilment.hand_over(order, **form.cleaned_data, by=by, at=at)


def _cancel(order: Order, form: Any, by: User, at: datetime) -> None:
    fulfilment.cancel(order, **form.cleaned_data, by=by, at=at)


def _refund(order: Order, form: Any, by: User, at: datetime) -> None:
    reason = form.cleaned_data["reason"]
    fulfilment.refund(order, amount_minor=form.amount_minor, reason=reason, by=by, at=at)


def _add_paper(order: Order, form: Any, by: User, at: datetime) -> None:
    typed = form.cleaned_data
    papers.add(order, typed["kind"], title=typed["title"], upload=typed["file"], by=by, at=at)


REFUNDABLE: Final = IN_HAND | {Order.State.DELIVERED}
ACTS: Final = {
    "pack": Act("Pack", "is packed", _leading_to("packed"), PlainForm, _pack),
    "ship": Act("Ship with tracking", "is on its way", _leading_to("shipped"), ShipForm, _ship),
    "deliver": Act("Mark as delivered", "is delivered", _leading_to("delivered"), PlainForm, _deliver),
    "readdress": Act("Change the address", "goes to another address", fulfilment.STILL_HERE, WheretoForm, _readdress),
    "reroute": Act("Change the way", "travels another way", fulfilment.STILL_HERE, RerouteForm, _reroute),
    "hand_over": Act("Change the carrier", "has another carrier", {Order.State.SHIPPED}, ShipForm, _hand_over),
    "cancel": Act(
        "Cancel and refund", "is cancelled, its money goes back", _leading_to("cancelled"), CancelForm, _cancel
    ),
    "add_paper": Act("Add a paper", "has a new paper", REFUNDABLE, PaperForm, _add_paper),
    "refund": Act("Refund", "gets money back", REFUNDABLE, RefundForm, _refund),
}


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
    fields = readonly_fields = ("carrier", "tracking_number", "shipped_at", "delivered_at")


@admin.register(Order)
class OrderAdmin(Evidence):
    """What is to be packed, what is on its way. The list names nobody."""

    list_display = ("reference", "state_label", "placed_at", "total", "country", "invoice_number")
    list_filter = ("state", "country")
    search_fields = ("=reference", "=invoice_number", "=email")
    search_help_text = "The whole reference, invoice number, e-mail address or certificate number"
    ordering = ("-placed_at",)
    date_hierarchy = "placed_at"
    inlines = (LineInline, ShipmentInline, PaperInline)
    actions = ("pack_chosen",)
    actions_detail = ("pack", "ship", "deliver", "readdress", "reroute", "hand_over", "add_paper", "cancel", "refund")
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
        """The pieces; the parcel and the papers once there are some."""
        if obj is None:
            return ()
        return (
            LineInline,
            *([ShipmentInline] if hasattr(obj, "shipment") else []),
            *([PaperInline] if obj.papers.exists() else []),
        )

    def has_fulfil_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.fulfil_order"))

    def has_refund_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.refund_order"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what the order's state allows."""
        state = Order.objects.filter(pk=object_id).values_list("state", flat=True).first()
        every = super().get_actions_detail(request, object_id)
        acts = {f"orders_order_{name}": act for name, act in ACTS.items()}
        return [each for each in every if each.action_name not in acts or state in acts[each.action_name].froms]

    @action(description="Pack", url_path="pack", permissions=["fulfil"], variant=ActionVariant.PRIMARY)
    def pack(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everything lies in the box."""
        return self._act("pack", request, object_id)

    @action(description="Ship with tracking", url_path="ship", permissions=["fulfil"], variant=ActionVariant.PRIMARY)
    def ship(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The parcel left."""
        return self._act("ship", request, object_id)

    @action(description="Mark as delivered", url_path="deliver", permissions=["fulfil"])
    def deliver(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The parcel arrived."""
        return self._act("deliver", request, object_id)

    @action(description="Change the address", url_path="readdress", permissions=["fulfil"])
    def readdress(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The parcel goes elsewhere."""
        return self._act("readdress", request, object_id)

    @action(description="Change the way", url_path="reroute", permissions=["fulfil"])
    def reroute(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The parcel travels another way."""
        return self._act("reroute", request, object_id)

    @action(description="Change the carrier", url_path="hand-over", permissions=["fulfil"])
    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The parcel goes on with somebody else."""
        return self._act("hand_over", request, object_id)

    @action(description="Add a paper", url_path="add-paper", permissions=["fulfil"])
    def add_paper(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """An appraisal or an insurance file for the owner."""
        return self._act("add_paper", request, object_id)

    @action(description="Cancel and refund", url_path="cancel", permissions=["refund"], variant=ActionVariant.DANGER)
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The order is called off."""
        return self._act("cancel", request, object_id)

    @action(description="Refund", url_path="refund", permissions=["refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Money goes back."""
        return self._act("refund", request, object_id)

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

    def _act(self, name: str, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for what the verb needs, call it once, come back to the order."""
        assert isinstance(request.user, User)
        order, act = self._order(request, object_id), ACTS[name]
        back = reverse("admin:orders_order_change", args=[order.pk])
        if order.state not in act.froms:
            messages.warning(request, f"{order.reference} is {order.get_state_display().lower()}: nothing was changed.")
            return HttpResponseRedirect(back)
        form = act.form(order, *([request.POST, request.FILES] if request.method == "POST" else []))
        if request.method == "POST" and form.is_valid() and self._done(act, order, form, request):
            messages.success(request, f"{order.reference} {act.done}.")
            return HttpResponseRedirect(back)
        context = {**self.admin_site.each_context(request), "title": f"{act.title}: {order.reference}"}
        context |= {"form": form, "act": act, "order": order, "back": back, "opts": self.opts}
        context["left"] = money.format(payments.refundable(order), order.currency) if name == "refund" else ""
        return render(request, "admin/orders/act.html", context)

    def _done(self, act: Act, order: Order, form: forms.Form, request: HttpRequest) -> bool:
        """Call the verb; what it refuses is told on the form."""
        assert isinstance(request.user, User)
        try:
            act.do(order, form, request.user, timezone.now())
        except (states.NotAllowed, states.Changed):
            form.add_error(None, ValidationError("Somebody else has just changed this order. Look at it again."))
        except TooMuch as error:
            left = money.format(error.left_minor, order.currency)
            form.add_error("amount", ValidationError(f"At most {left} can still go back."))
        except fulfilment.NothingChanged:
            form.add_error(None, ValidationError("That is how it is already: change something, or go back."))
        except uploads.NotAccepted as problem:
            form.add_error("file", ValidationError(str(problem)))
        except fulfilment.NotYetShipped:
            form.add_error("amount", ValidationError("This would be everything: cancel the order instead."))
        return form.is_valid()

    def _order(self, request: HttpRequest, object_id: str) -> Order:
        order = self.get_object(request, object_id)
        if not isinstance(order, Order):
            raise Http404
        return order

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

    @display(description="can still go back")
    def refundable(self, order: Order) -> str:
        return money.format(payments.refundable(order), order.currency)


class EventInline(ShownInline, TabularInline):
    model = PaymentEvent
    fields = readonly_fields = ("kind", "amount_minor", "gateway_id", "at")
    verbose_name_plural = "what happened"


class RefundInline(ShownInline, TabularInline):
    model = Refund
    fields = readonly_fields = ("reference", "amount_minor", "reason", "state", "requested_at", "done_at")


@admin.register(Payment)
class PaymentAdmin(Evidence):
    """The ledger."""

    list_display = ("reference", "order", "state", "amount", "created_at")
    list_filter = ("state",)
    list_select_related = ("order",)
    search_fields = ("=reference", "=order__reference", "=gateway_payment_id")
    ordering = ("-created_at",)
    fields = ("reference", "order", "state", "amount", "gateway_payment_id", "card_brand", "card_last4", "created_at")
    inlines = (EventInline, RefundInline)

    @display(description="amount", ordering="amount_minor")
    def amount(self, payment: Payment) -> str:
        return money.format(payment.amount_minor, payment.currency)


@admin.register(WebhookEvent)
class WebhookEventAdmin(Evidence):
    """What Stripe told us, and whether the worker acted on it."""

    list_display = ("event_id", "kind", "order_reference", "received_at", "handled_at", "last_error")
    list_filter = (("handled_at", admin.EmptyFieldListFilter), "kind")
    search_fields = ("=event_id", "=order_reference")
    ordering = ("-received_at",)

    def person_of(self, row: WebhookEvent) -> UUID | None:
        """The person of the order it names."""
        return Order.objects.filter(reference=row.order_reference).values_list("subject_id", flat=True).first()
