"""Lists in which staff find somebody by an e-mail address that stands in no column: by its keyed digest."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from privacy.ground import digests


class FoundByAddress:
    """Mix in before `ModelAdmin`. Everything but an address is searched for in capitals, as references are written."""

    def of_address(self, rows: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        """Those of *rows* that belong to an address; *values*: its digests under every live key."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An address is digested, and looked up where digests stand."""
        if "@" in search_term:
            values = [digest.value for digest in digests.all_of("email", search_term)]
            return self.of_address(queryset, values), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term.strip().upper())  # type: ignore[misc]
        return found
