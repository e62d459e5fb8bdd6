"""What consent costs each request: the decision and the cookie firewall, beside the uncached category page, in one process.

CPU time of this process only, so the page's own queries are not counted in the page's favour. The requests take turns with the
pages, in rounds, and the median round counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from privacy.consent import choice, cookies
from privacy.consent.choice import Category, Choice
from privacy.middleware import CookieMiddleware

ROUNDS: Final = 9
PAGES_A_ROUND: Final = 12
REQUESTS_A_ROUND: Final = 2_000


@dataclass(frozen=True)
class Case:
    """One kind of visitor, and what their request costs: microseconds of CPU, and as a share of the page."""

    visitor: str
    microseconds: float
    percent_of_page: float
    sql: int


def measure(path: str) -> list[Case]:
    """The cases, each beside the page at *path* (uncached)."""
    client = Client(headers={"sec-fetch-site": "same-origin", "host": "127.0.0.1"})
    client.get(path)
    handle = CookieMiddleware(answer)
    visitors = {name: asking(handle, **facts) for name, facts in cases().items()}
    pages: list[float] = []
    floors: list[float] = []
    costs: dict[str, list[float]] = {name: [] for name in visitors}
    for _ in range(ROUNDS):
        pages.append(cpu(partial(client.get, path), PAGES_A_ROUND))
        floors.append(cpu(answer, REQUESTS_A_ROUND))
        for name, ask in visitors.items():
            costs[name].append(cpu(ask, REQUESTS_A_ROUND))
    whole, bare = statistics.median(pages), statistics.median(floors)
    return [
        Case(name, round(cost, 1), round(100 * cost / whole, 2), statements(visitors[name]))
        for name, cost in ((name, statistics.median(found) - bare) for name, found in costs.items())
    ]


def answer(request: HttpRequest | None = None) -> HttpResponse:
    """The least of pages: what a middleware alone is measured around."""
    return HttpResponse("page")


def cases() -> dict[str, dict[str, Any]]:
    """Nobody's cookie; a choice known to the process; one it has never seen; a signal; a jar full of others' cookies."""
    agreed = choice.decide(list(Category), before=Choice(), at=datetime.now(UTC))
    raw = choice.encoded(agreed)
    return {
        "undecided": {},
        "decided": {"jar": {cookies.CONSENT: raw}},
        "decided, first seen": {"jar": {cookies.CONSENT: raw}, "is_new": True},
        "refused, with the signal": {
            "jar": {cookies.CONSENT: choice.encoded(choice.decide([], before=Choice(), at=datetime.now(UTC)))},
            "HTTP_SEC_GPC": "1",
        },
        "thirty other cookies": {"jar": {f"other_{number}": "x" for number in range(30)}},
    }


def asking(
    handle: Callable[..., Any], *, jar: dict[str, str] | None = None, is_new: bool = False, **extra: str
) -> Callable[[], Any]:
    """One request of this visitor through the firewall's middleware alone."""
    made = RequestFactory().get("/", **extra)  # type: ignore[arg-type]  # headers are strings
    made.COOKIES = jar or {}

    def ask() -> Any:
        if is_new:
            choice._decode.cache_clear()
        vars(made).pop("choice", None)
        return handle(made)

    return ask


def cpu(what: Callable[[], Any], times: int) -> float:
    """Microseconds of CPU for one of so many."""
    started = time.process_time()
    for _ in range(times):
        what()
    return (time.process_time() - started) * 1e6 / times


def statements(ask: Callable[[], Any]) -> int:
    """How many SQL statements one request makes."""
    with CaptureQueriesContext(connection) as queries:
        ask()
    return len(queries)


def print_cases(found: list[Case]) -> None:
    """The report as text."""
    print("\nconsent decision and cookie firewall, beside the uncached category page (aim 3 %, no SQL)")
    for case in found:
        print(
            f"  {case.visitor:<26}{case.microseconds:>8.1f} us of CPU{case.percent_of_page:>8.2f} % of the page, {case.sql} SQL"
        )
