"""The desk's page of print lists: how many letters stand on each, and taking one out. Nobody's name is on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.utils.cache import add_never_cache_headers
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminRadioSelectWidget

from privacy.admin import due as dates
from privacy.admin.decisions import Decides, Decision
from privacy.admin.masks import Evidence
from privacy.forms.pages import DecisionForm
from privacy.messages import print_lists, stationery
from privacy.messages.kinds import KINDS
from privacy.messages.print_lists import Printer, State, TakenOut
from privacy.messages.print_models import PrintList
from privacy.register import agreements, registry

MAY_TAKE_OUT: Final = "privacy.take_out_printlist"
COLOURS: Final = {"filling": "info", "full": "warning", "taken": "success"}
LETTERS, ADDRESSES = "letters", "addresses"


class TakeOutForm(DecisionForm):
    """Who prints it, and what they need for that."""

    printer = forms.ChoiceField(
        label="Who prints it",
        widget=UnfoldAdminRadioSelectWidget,
        help_text="Printed in house, nobody else receives anything. Else each person sees that the printer received their address.",
    )
    file = forms.ChoiceField(
        label="What to take",
        choices=[
            (LETTERS, "The letters, ready to print (PDF)"),
            (ADDRESSES, "The addresses alone, for envelopes or labels (CSV)"),
        ],
        widget=UnfoldAdminRadioSelectWidget,
        help_text="Take no more than whoever prints needs.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        printer: Any = self.fields["printer"]
        house = registry.processor(print_lists.PROCESSOR)
        printer.choices = [
            (Printer.OURSELVES.value, Printer.OURSELVES.label),
            (Printer.HOUSE.value, house.name),
        ]


def _take_out(row: PrintList, typed: dict[str, Any], by: Any, at: datetime) -> HttpResponse:
    with_text = typed["file"] == LETTERS
    taken = print_lists.take_out(row, printer=Printer(typed["printer"]), with_text=with_text, by=by, at=at)
    return _pdf(taken, at) if with_text else _csv(taken)


def _pdf(taken: TakenOut, at: datetime) -> HttpResponse:
    title = f"Letters {taken.print_list}"
    return _file(stationery.letters(taken.letters, title=title, at=at), f"{taken.print_list}.pdf", "application/pdf")


def _csv(taken: TakenOut) -> HttpResponse:
    return _file(stationery.addresses(taken.letters).encode(), f"{taken.print_list}.csv", "text/csv; charset=utf-8")


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    """A file that no browser and no cache keeps for us."""
    answer = HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
    add_never_cache_headers(answer)
    return answer


DECISIONS: Final = {
    "take_out": Decision(
        title="Take it out",
        explains="Each letter is asked about once more: whoever must not be written to any more is struck off. The others count "
        "as sent. It stands in the trail who took it. Fourteen days after the first time the addresses are gone from here; until "
        "then it can be taken out again.",
        permission=MAY_TAKE_OUT,
        fits=lambda row: row.state != State.OVER,
        do=_take_out,
        form=TakeOutForm,
        variant=ActionVariant.PRIMARY,
    ),
}


@admin.register(PrintList)
class PrintListAdmin(Decides, Evidence):
    """Print lists, the newest first."""

    list_display = ("reference", "what", "about", "state_label", "size", "opened_at", "taken")
    list_filter = ("state",)
    search_fields = ("=reference", "=about")
    ordering = ("-opened_at",)
    fields = ("reference", "what", "about", "state", "size", "still_there", "opened_at", "taken", "printer")
    decisions = DECISIONS
    refusals = {
        print_lists.Over: "Its time has run: no address is left on it.",
        print_lists.Nobody: "Nobody on it may be written to any more: every letter was struck off, and no file was made.",
        agreements.NotAgreed: "",
    }

    def describe(self, row: PrintList) -> str:
        """How many letters, and whether it was taken out before."""
        before = f"; it was taken out before, {self.taken(row)}" if row.times_taken else ""
        return f"{self.what(row)}, {row.letters.count()} of {row.size} letters are still here{before}"

    @display(description="letters")
    def what(self, row: PrintList) -> str:
        kind = KINDS.get(row.kind)
        return kind.label if kind else row.kind

    @display(description="letters still here")
    def still_there(self, row: PrintList) -> int:
        return row.letters.count()

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, row: PrintList) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description="taken out")
    def taken(self, row: PrintList) -> str:
        if row.taken_at is None:
            return "not yet"
        times = "once" if row.times_taken == 1 else f"{row.times_taken} times"
        return f"{times}, first on {dates.moment(row.taken_at)}"
