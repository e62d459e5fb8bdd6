"""The desk's queue of returns: what somebody has to look at first, and each return on a page where it is decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.enums import ActionVariant

from orders import return_money, returns
from orders.models import Return, ReturnLine
from orders.return_forms import RefuseReturnForm
from orders.states import RETURN
from privacy.admin.decisions import Decides, Decision, calls, stands_in
from privacy.admin.lists import staff
from privacy.admin.masks import Evidence, ShownInline, sight_of
from privacy.register import registry
from privacy.rights import looks
from shop import money

FULFIL: Final = "orders.fulfil_order"
REFUND: Final = "orders.refund_order"
TITLE: Final = "orders.OrderLine.title"
STATE_COLOURS: Final = {"requested": "warning", "approved": "info", "received": "warning", "refunded": "success"}


def _waits_for_the_window(made: Return) -> bool:
    return made.state == Return.State.REFUNDED and made.lines.filter(restocked_at=None).exists()


DECISIONS: Final[Mapping[str, Decision[Return]]] = {
    "approve": Decision(
        title="Approve",
        explains="The customer gets a mail with the address to send it to, and the number to write on the parcel.",
        permission=FULFIL,
        fits=stands_in(RETURN.leading_to("approved")),
        do=calls(returns.approve, "{row} is approved."),
        variant=ActionVariant.PRIMARY,
    ),
    "receive": Decision(
        title="It has arrived",
        explains="Everything on the list lies on the desk, with its certificate. The customer gets a mail.",
        permission=FULFIL,
        fits=stands_in(RETURN.leading_to("received")),
        do=calls(returns.receive, "{row} is with us."),
        variant=ActionVariant.PRIMARY,
    ),
    "refund": Decision(
        title="Pay back",
        explains="What is owed goes back the way it came, and the customer gets a mail. A stone's certificate is the shop's again.",
        permission=REFUND,
        fits=stands_in(RETURN.leading_to("refunded")),
        do=calls(returns.refund, "{row} is paid back."),
        variant=ActionVariant.PRIMARY,
    ),
    "put_back": Decision(
        title="Offer it for sale again",
        explains="Somebody looked at each piece: it is whole, clean and as good as new. A stone is in the list of stones again.",
        permission=FULFIL,
        fits=_waits_for_the_window,
        do=calls(returns.put_back, "The pieces of {row} are for sale again."),
    ),
    "refuse": Decision(
        title="Refuse",
        explains="The customer reads the ground and your words. Pieces that are here go back at the shop's cost.",
        permission=FULFIL,
        fits=stands_in(RETURN.leading_to("refused")),
        do=calls(returns.refuse, "{row} is refused."),
        form=RefuseReturnForm,
        variant=ActionVariant.DANGER,
    ),
}


class PieceInline(ShownInline, TabularInline):
    model = ReturnLine
    fields = readonly_fields = ("piece", "quantity", "restocked_at")
    verbose_name_plural = "pieces"
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLine]:
        found: QuerySet[ReturnLine] = super().get_queryset(request).select_related("line")
        return found

    @display(description="piece")
    def piece(self, each: ReturnLine) -> str:
        return each.line.title


@admin.register(Return)
class ReturnAdmin(Decides, Evidence):
    """What comes back, those first of which somebody has to do something. The list names nobody."""

    list_display = ("reference", "order", "state_label", "right", "requested_at", "due")
    list_filter = ("state", "right")
    list_select_related = ("order",)
    search_fields = ("=reference", "=order__reference")
    search_help_text = "The whole reference of a return or of its order"
    ordering = (F("closed_at").asc(nulls_first=True), "requested_at")
    fieldsets = (
        (None, {"fields": ("reference", "order", "state", "right", "requested_at", "due")}),
        ("What its customer says", {"fields": ("reason", "said", "instead")}),
        ("Money", {"fields": ("owed", "paid_back")}),
        ("Course", {"fields": ("decided_at", "received_at", "closed_at", "ground", "answer")}),
    )
    inlines = (PieceInline,)
    decisions = DECISIONS
    refusals = {
        returns.NoGround: "Against this right that is no ground.",
        returns.NothingOwed: "All that was paid for this order was given back before: refuse the return on that ground.",
    }
    shows = {"said": ("words",), "instead": ("wish",)}

    def describe(self, row: Return) -> str:
        """Where it stands, on which right, and what is owed."""
        known = (
            f"{row} of the order {row.order} is {row.get_state_display().lower()} ({row.get_right_display().lower()})"
        )
        return f"{known}; {self.owed(row)} is owed" if row.is_open else known

    def _write_down(self, request: HttpRequest, row: Any, context: dict[str, Any]) -> None:
        """The pieces' names are the order's: whoever reads them here has looked at it, too."""
        super()._write_down(request, row, context)
        model, _, name = TITLE.rpartition(".")
        if sight_of(request).opens(registry.of(model), name):
            because: str = getattr(request, "revealed_because", "")
            by = staff(request)
            looks.record(row.subject_id, model=model, fields=[name], reason=because, obj=row, by=by, at=timezone.now())

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, made: Return) -> tuple[str, str]:
        return made.state, made.get_state_display()

    @display(description="money due by", ordering="requested_at", empty_value="-")
    def due(self, made: Return) -> datetime | None:
        """By when the law wants it paid back."""
        return return_money.due(made) if made.is_open else None

    @display(description="what they wrote")
    def said(self, made: Return) -> str:
        return made.words or ""

    @display(description="instead they would like")
    def instead(self, made: Return) -> str:
        return made.wish or ""

    @display(description="owed")
    def owed(self, made: Return) -> str:
        """What goes back once the pieces are here."""
        return money.format(return_money.owed(made).total_minor, made.order.currency) if made.is_open else ""

    @display(description="paid back")
    def paid_back(self, made: Return) -> str:
        return money.format(made.refund.amount_minor, made.order.currency) if made.refund else ""
