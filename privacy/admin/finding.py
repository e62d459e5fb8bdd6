"""Lists in which staff find somebody by an e-mail address that stands in no column: by its keyed digest."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from privacy.admin.lists import DeskAdmin
from privacy.ground import digests
from privacy.register.models import Identifier


class FoundByAddress(DeskAdmin):
    """A list of rows with a `subject`. Everything but an address is searched for in capitals, as references are written."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An address is digested under every live key, and the rows of its subjects are found; no row comes twice."""
        if "@" in search_term:
            values = [digest.value for digest in digests.all_of("email", search_term)]
            theirs = Identifier.objects.filter(kind="email", digest__in=values).values("subject_id")
            return queryset.filter(subject_id__in=theirs), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term.strip().upper())
        return found
