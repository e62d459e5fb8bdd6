"""What every page of the desk has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from unfold.admin import ModelAdmin

from privacy.ground import audit

Warns = Callable[[HttpRequest], None]
"""Says on a page what waits for somebody; nothing where nothing does."""


class DeskAdmin(ModelAdmin):
    """A page of the desk. Rows that were chosen by something that is no key are asked for again; Django's own list breaks there."""

    #: What is said on top of the list.
    warnings: ClassVar[tuple[Warns, ...]] = ()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, under what waits for somebody."""
        warn(request, *self.warnings)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def response_action(self, request: HttpRequest, queryset: QuerySet[Model]) -> HttpResponseBase | None:
        """As Django's. None: nothing was done, and the list is shown with the message that says why."""
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(chosen)
        except ValidationError:
            self.message_user(request, "Choose the rows in the list. Nothing was changed.", messages.WARNING)
            return None
        answer: HttpResponseBase | None = super().response_action(request, queryset)
        return answer


def warn(request: HttpRequest, *warnings: Warns) -> None:
    """Say what waits on top of a page that is read; whoever sends a form reads it on the page they come back to."""
    if request.method == "GET":
        for each in warnings:
            each(request)


def staff(request: HttpRequest) -> audit.Actor:
    """Whoever the admin let in, as a verb's `by`."""
    return cast(audit.Actor, request.user)
