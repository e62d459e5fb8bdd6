"""The desk's pages of personal rows: masked by declaration, revealed for a reason, looked at on the record, deleted by nobody.

Every admin of a declared model stands on `MaskedAdmin` (or on `Evidence`, which is only read). What a member of staff may read is
said by `privacy.register.masks`; rows leave by an erasure or by their retention, never by a button.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.paginator import Page, Paginator
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.views import ChangeList

from privacy.admin import due as dates
from privacy.admin.lists import DeskAdmin, staff
from privacy.forms.pages import RevealForm
from privacy.register import masks, registry
from privacy.register.declare import Declaration
from privacy.rights import looks

MAY_REVEAL = "privacy.reveal_personal"


class MaskedList(ChangeList):
    """A list whose rows are masked before anything of them is written on the page."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = [self.model_admin.as_seen(request, row) for row in self.result_list]


class MaskedPages(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """The same for the suggestions of a search field, which are paged without a list."""

    as_seen: Callable[[Model], Model]

    def page(self, number: int | str) -> Page[Any]:
        page: Page[Any] = super().page(number)
        page.object_list = [self.as_seen(row) for row in page.object_list]
        return page


class MaskedAdmin(DeskAdmin):
    """A page of personal rows."""

    paginator = MaskedPages
    actions_detail: Any = ()
    #: Columns that are computed here, each with the fields it reads: what a look at the page is recorded by.
    shows: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        self.actions_detail = (*self.actions_detail, "reveal")
        super().__init__(model, admin_site)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows go by an erasure or by their retention, so that nothing is forgotten on the way."""
        return False

    def has_reveal_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(MAY_REVEAL)) and self.has_view_permission(request)

    # Lists, searches, suggestions, history

    def as_seen(self, request: HttpRequest, row: Model) -> Model:
        """A row for the eyes of whoever asks."""
        return masks.shown(row, sight_of(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MaskedList

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> MaskedPages:
        pages = cast(MaskedPages, super().get_paginator(request, *args, **kwargs))
        pages.as_seen = lambda row: self.as_seen(request, row)
        return pages

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """A filter names the values it filters by, so one by a masked field is left out."""
        closed = self._hidden(request)
        return [each for each in super().get_list_filter(request) if _filtered_by(each) not in closed]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Nobody narrows a list down by what they may not read: letter by letter, that reads it."""
        is_closed = request is None or lookup.partition("__")[0] in self._hidden(request)
        return not is_closed and bool(super().lookup_allowed(lookup, value, request))

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """Nor sorts it by that."""
        closed = self._hidden(request)
        shown = {name: getattr(getattr(self, name, None), "admin_order_field", name) for name in self.list_display}
        return [name for name in super().get_sortable_by(request) if shown.get(name, name) not in closed]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        seen = self.as_seen(request, row) if row is not None else None
        known = {"title": f"Change history: {seen}", "object": seen} if seen is not None else {}
        page: HttpResponse = super().history_view(request, object_id, {**known, **(extra_context or {})})
        if isinstance(page, TemplateResponse) and page.context_data is not None:
            entries = page.context_data["action_list"]
            entries.object_list = [masks.shown(each, sight_of(request)) for each in entries.object_list]
        return page

    # One row on one page

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What is masked cannot be typed over."""
        given = tuple(super().get_readonly_fields(request, obj))
        return (*given, *(name for name in self._hidden(request) if obj is not None and name not in given))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Model | None = None, **kwargs: Any
    ) -> HttpResponse:
        """Mask the row and the rows below it, and write down what is seen of them."""
        if obj is not None:
            seen = self.as_seen(request, obj)
            context |= {"original": seen, "subtitle": str(seen)}
            context["adminform"].form.instance = seen
            for below in context["inline_admin_formsets"]:
                _mask_formset(below.formset, sight_of(request))
            self._write_down(request, obj, context)
        page: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return page

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """*Reveal* where something is masked."""
        every: list[Any] = super().get_actions_detail(request, object_id)
        if self._hides_anything(request, object_id):
            return every
        return [each for each in every if not each.action_name.endswith("_reveal")]

    @action(description="Reveal", url_path="reveal", permissions=["reveal"])
    def reveal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, write it down, and show the page once without its masks."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        form = RevealForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            request.revealed_because = form.cleaned_data["reason"]  # type: ignore[attr-defined]
            request.method = "GET"  # from here on the page is only read
            try:
                page: HttpResponse = self.change_view(request, object_id, form_url=back)
                return page
            except looks.OnTheirWayOut:
                request.revealed_because = ""  # type: ignore[attr-defined]
                form.add_error(None, "The person is being erased: nothing of theirs is revealed any more.")
            except looks.TooMany as enough:
                request.revealed_because = ""  # type: ignore[attr-defined]
                refuse_more(form, enough, request)
        context = {**self.admin_site.each_context(request), "title": f"Reveal {self.as_seen(request, row)}"}
        context |= {"form": form, "back": back}
        return render(request, "admin/privacy/reveal.html", context, status=409 if form.non_field_errors() else 200)

    def person_of(self, row: Any) -> UUID | None:
        """The subject a row is about, by the declared path. An admin of rows found by value says it itself."""
        declaration = registry.find(row._meta.label)
        found = (_follow(row, path) for path in declaration.paths) if declaration else iter(())
        return next((subject for subject in found if subject is not None), None)

    def _hidden(self, request: HttpRequest) -> list[str]:
        declaration = registry.find(self.opts.label)
        return sight_of(request).hides(declaration) if declaration else []

    def _hides_anything(self, request: HttpRequest, object_id: Any) -> bool:
        """Whether the page has a field that is masked for whoever asks."""
        row = self.get_object(request, unquote(str(object_id)))
        return row is not None and any(
            declaration is not None and set(names) & set(sight_of(request).hides(declaration))
            for declaration, names in self._parts(request, row)
        )

    def _parts(self, request: HttpRequest, row: Model) -> Iterator[tuple[Declaration | None, list[str]]]:
        """The models on the page of *row*, each with the names it shows."""
        for part in (self, *self.get_inline_instances(request, row)):
            names = flatten_fieldsets(part.get_fieldsets(request, row))
            shows: Mapping[str, tuple[str, ...]] = getattr(part, "shows", {})
            yield registry.find(part.opts.label), [read for name in names for read in shows.get(name, (name,))]

    def _write_down(self, request: HttpRequest, row: Model, context: dict[str, Any]) -> None:
        """One look for one view: every personal text on the page that is not masked."""
        because: str = getattr(request, "revealed_because", "")
        forms = [context["adminform"], *context["inline_admin_formsets"]]
        seen: list[str] = []
        for (declaration, names), form in zip(self._parts(request, row), forms, strict=False):
            if declaration is None or (declaration.is_evidence and not because):
                continue
            rows = [row] if form is context["adminform"] else [each.instance for each in form.formset.initial_forms]
            legible = [name for name in masks.text_fields(declaration) if sight_of(request).opens(declaration, name)]
            there = [name for name in legible if name in names and any(getattr(each, name) for each in rows)]
            seen += there if declaration.model == self.opts.label else [f"{declaration.model}.{name}" for name in there]
        if seen:
            by = staff(request)
            person, model = self.person_of(row), self.opts.label
            looks.record(person, model=model, fields=seen, reason=because, obj=row, by=by, at=timezone.now())


class Evidence(MaskedAdmin):
    """A page that only shows: rows come from the shop's verbs and are never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class EnteredByVerb(MaskedAdmin):
    """A page on which staff enter a new row by a verb, in `save_form`; nobody edits one."""

    #: The permission to enter one, as "app.codename".
    may_enter: ClassVar[str]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.may_enter))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A new row asks for what the form's verb takes."""
        return super().get_fieldsets(request, obj) if obj else ((None, {"fields": self.form.Meta.fields}),)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """The verb has written the row."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on it."""


class ShownInline:
    """Rows that belong to the page's row, shown and never edited."""

    extra = 0
    can_delete = False
    tab = False
    shows: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def sight_of(request: HttpRequest) -> masks.Sight:
    """What whoever asks may read; everything on a page that was revealed for a reason."""
    if getattr(request, "revealed_because", ""):
        return masks.REVEALED
    if not hasattr(request, "sight"):
        request.sight = masks.sight_of(request.user)  # type: ignore[attr-defined]
    return cast(masks.Sight, request.sight)  # type: ignore[attr-defined]


def refuse_more(form: RevealForm, enough: looks.TooMany, request: HttpRequest) -> None:
    """Say on the form that whoever asks has revealed enough for now. *Writes* that they asked for more."""
    looks.note_refusal(staff(request), at=timezone.now())
    form.add_error(None, f"You have revealed as much as one person may for now. Next: {dates.moment(enough.until)}.")


def _mask_formset(formset: Any, sight: masks.Sight) -> None:
    """Mask the rows below the page's row, in both places where Django keeps them."""
    formset._queryset = [masks.shown(row, sight) for row in formset.get_queryset()]
    for form in formset.initial_forms:
        form.instance = masks.shown(form.instance, sight)


def _filtered_by(given: Any) -> str:
    """The field a filter reads: `"state"`, or the first of a pair."""
    name = given[0] if isinstance(given, tuple | list) else given
    return name if isinstance(name, str) else ""


def _follow(row: Any, path: str) -> UUID | None:
    """The subject's number at the end of a declared path."""
    *way, last = path.split("__")
    for step in way:
        row = getattr(row, step, None)
    if row is None:
        return None
    return cast("UUID | None", row.pk if last == "pk" else getattr(row, row._meta.get_field(last).attname))
