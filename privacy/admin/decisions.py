"""Deciding at the desk: a page that explains what will happen, asks once for what the verb needs, and calls it.

An admin that decides says how in one table, `decisions`. Each entry is a button on the row's page and a page of its own, so that
nothing is decided by following a link. What a verb refuses is said on that page, and nothing is half done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, TypeVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant

from privacy.admin.lists import DeskAdmin
from privacy.forms.pages import DecisionForm
from privacy.ground import states

Row = TypeVar("Row", bound=Model)

#: What a decision does with its row, with what was typed, by whom and when. Returns what to say when it is done, or a file.
Do = Callable[[Row, dict[str, Any], Any, datetime], str | HttpResponse]

MEANWHILE: Final = "It has moved on meanwhile: somebody else was first, or the person took it back. Look at it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Generic[Row]):
    """One button and its page: who may, for which rows, with which form, calling which verb."""

    title: str
    explains: str
    permission: str  # "app.codename"
    fits: Callable[[Row], bool]
    do: Do[Row]
    form: type[DecisionForm] = DecisionForm
    variant: ActionVariant = ActionVariant.DEFAULT
    begins_with: str = ""  # what the form begins with, by this name in the address
    is_seldom: bool = False  # stands in the menu *More* instead of beside the others


def calls(verb: Callable[..., object], said: str) -> Do[Any]:
    """Call *verb* with all that was typed, each field by its name, and say *said*: `{row}` is the row, `{done}` what came back."""

    def do(row: Model, typed: dict[str, Any], by: Any, at: datetime) -> str:
        done = verb(row, **typed, by=by, at=at)
        return said.format(row=row, done=done)

    return do


def stands_in(these: Collection[str]) -> Callable[[Any], bool]:
    """Whether a row is in one of these states."""
    return lambda row: row.state in these


class Decides(DeskAdmin):
    """A page of rows about which staff decide."""

    decisions: ClassVar[Mapping[str, Decision[Any]]] = {}
    #: What a verb may raise, and what is said then; nothing: the exception's own words.
    refusals: ClassVar[Mapping[type[Exception], str]] = {}
    decide_template: ClassVar[str] = "admin/privacy/decide.html"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Each entry of the table becomes an action of Unfold's, with the permission method that it asks."""
        super().__init_subclass__(**kwargs)
        for name, decision in cls.decisions.items():
            setattr(cls, name, _page(name, decision))
            setattr(cls, f"has_{name}_permission", _may(decision.permission))
        others = [each for each in cls.actions_detail if isinstance(each, str) and each not in cls.decisions]
        often = [name for name, each in cls.decisions.items() if not each.is_seldom]
        seldom = [name for name, each in cls.decisions.items() if each.is_seldom]
        more = [{"title": "More", "icon": "more_horiz", "items": seldom}] if seldom else []
        cls.actions_detail = (*others, *often, *more)

    def describe(self, row: Any) -> str:
        """The row in half a sentence, without a name."""
        return str(row)

    def decision_context(self, request: HttpRequest, row: Any, decision: Decision[Any]) -> dict[str, Any]:
        """What the page shows besides its form."""
        return {}

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what the row's state allows."""
        row = self.get_object(request, unquote(str(object_id)))
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        closed = {f"{prefix}{name}" for name, each in self.decisions.items() if row is None or not each.fits(row)}
        return [each for each in super().get_actions_detail(request, object_id) if each.action_name not in closed]

    def decide(self, name: str, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for what the verb needs, call it once, come back to the row."""
        row, decision = self.get_object(request, unquote(object_id)), self.decisions[name]
        if row is None:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        if not decision.fits(row):
            messages.warning(request, f"{self.describe(row)}: nothing was changed.")
            return HttpResponseRedirect(back)
        typed = (request.POST, request.FILES) if request.method == "POST" else ()
        begun = (
            {"initial": {decision.begins_with: request.GET.get(decision.begins_with)}} if decision.begins_with else {}
        )
        form = decision.form(*typed, row=row, **begun)
        if form.is_valid() and (said := self._done(decision, row, form, request)):
            if isinstance(said, HttpResponse):
                return said
            messages.success(request, said)
            return HttpResponseRedirect(back)
        context = {**self.admin_site.each_context(request), "title": f"{decision.title}: {row}", "opts": self.opts}
        context |= {"form": form, "decision": decision, "row": row, "described": self.describe(row), "back": back}
        return render(request, self.decide_template, context | self.decision_context(request, row, decision))

    def _done(self, decision: Decision[Any], row: Model, form: Form, request: HttpRequest) -> str | HttpResponse:
        """Call the verb; what it refuses is told on the form, and nothing is returned."""
        refusals: dict[type[Exception], str] = {
            states.NotAllowed: MEANWHILE,
            states.Changed: MEANWHILE,
            **self.refusals,
        }
        try:
            return decision.do(row, form.cleaned_data, request.user, timezone.now())
        except tuple(refusals) as refused:
            said = next(words for kind, words in refusals.items() if isinstance(refused, kind))
            form.add_error(None, said or str(refused))
            return ""


def _page(name: str, decision: Decision[Any]) -> Any:
    """The action that *decision* is."""

    def page(self: Decides, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(name, request, object_id)

    page.__name__ = name
    described = action(
        description=decision.title,
        url_path=name.replace("_", "-"),
        permissions=[name],
        variant=decision.variant,
    )
    return described(page)


def _may(permission: str) -> Callable[..., bool]:
    """Whether whoever asks holds *permission*: a name with a dot, given to Unfold itself, would ask the database at every start."""

    def may(self: Decides, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(permission))

    return may
