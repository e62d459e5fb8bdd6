"""What every list of the desk has in common."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.admin import ModelAdmin


class DeskAdmin(ModelAdmin):
    """A page of the desk. Rows that were chosen by something that is no key are asked for again; Django's own list breaks there."""

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
