"""The desk's page of orders that appraisers may see. Staff can end one; only its customer can begin one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display
from unfold.enums import ActionVariant

from orders import sharing
from orders.models import Share
from privacy.admin.decisions import Decides, Decision
from privacy.admin.masks import Evidence
from privacy.register import disclosures


def _cancel(share: Share, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{sharing.cancel(share, by=by, at=at)} is ended: its link opens nothing any more."


DECISIONS: Final = {
    "cancel": Decision(
        title="End it",
        explains="The appraiser's link opens nothing from now on. The customer reads on the order's page that it has ended.",
        permission="orders.cancel_share",
        fits=lambda share: share.cancelled_at is None,
        do=_cancel,
        variant=ActionVariant.DANGER,
    ),
}


@admin.register(Share)
class ShareAdmin(Decides, Evidence):
    """Orders shown to appraisers, the newest first. The list names nobody."""

    list_display = ("reference", "order", "to", "asked_at", "ends_at", "times_opened", "cancelled_at")
    list_filter = ("wish",)
    list_select_related = ("order__subject",)
    search_fields = ("=reference", "=order__reference")
    search_help_text = "The whole reference of it or of its order"
    ordering = ("-asked_at",)
    fields = (
        "reference",
        "order",
        "to",
        "wish",
        "with_price",
        "with_contact",
        "works",
        "asked_at",
        "ends_at",
        "opened_at",
        "times_opened",
        "answered_at",
        "cancelled_at",
    )
    decisions = DECISIONS
    shows = {"to": ("recipient",)}

    @display(description="appraiser")
    def to(self, share: Share) -> str:
        return disclosures.name_of(share.recipient)

    @display(description="link works", boolean=True)
    def works(self, share: Share) -> bool:
        return sharing.stands(share, at=timezone.now())
