"""Every address of the admin, and what each kind of visitor is answered there.

The addresses are those that Django resolves, so that a page nobody thought of has a line as soon as it exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.db import transaction
from django.urls import URLPattern, get_resolver

from tests.permissions import rows

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "permissions.txt"
COMMAND: Final = "GOLDEN=write pytest tests/permissions/test_matrix.py -n0"
DESK: Final = "admin/"
WIDTH: Final = 62
PARAMETER: Final = re.compile(r"<(?:\w+:)?(\w+)>")
REFUSED, TO_SIGN_IN, NOT_OFFERED = "-", "login", "none"

#: What stands in for a part of an address that is no row's key. A page with another such part says here what it may be.
SAMPLES: Final[Mapping[str, str]] = {"name": "accounts.deactivated", "slug": "visitors"}


#: Somebody at a door of the admin: (method, path, what they typed) -> what they are answered.
Asker = Callable[[str, str, dict[str, Any]], Any]


class NoSample(LookupError):
    """An address has a part that nobody said an example of: add one to `SAMPLES`."""


@dataclass(frozen=True)
class Page:
    """One address as Django knows it, and the path that stands for it here; with *action*, a bulk action of that list."""

    route: str
    path: str
    action: str = ""

    @cached_property
    def name(self) -> str:
        """As the table writes it, without the common beginning."""
        shown = PARAMETER.sub(lambda found: f"<{found[1].removeprefix('object_')}>", self.route.removeprefix(DESK))
        return f"{shown or '.'}{f' + {self.action}' if self.action else ''}"


def pages() -> list[Page]:
    """Every address below the admin, and every bulk action of every list."""
    plain = [Page(route, path) for route in _routes(get_resolver().url_patterns) for route, path in _spelt_out(route)]
    return sorted([*plain, *_bulk_actions()], key=lambda page: page.name)


def answers(page: Page, ask: Asker) -> str:
    """What this visitor is answered: `200`, or `200/302` where asking and acting differ. Nothing of it stays done."""
    if page.action:
        return _acted(page, ask)
    asked, acted = _word(_asked(ask, "GET", page)), _word(_asked(ask, "POST", page))
    return asked if asked == acted else f"{asked}/{acted}"


def table(found: Iterable[Page], every: Iterable[Asker]) -> list[str]:
    """A line for each page, a column for each kind of visitor."""
    everybody = list(every)
    return [line(page.name, (answers(page, ask) for ask in everybody)) for page in found]


def line(name: str, cells: Iterable[str]) -> str:
    return f"{name:<{WIDTH}}{''.join(f' {cell:<9}' for cell in cells)}".rstrip()


def head() -> list[str]:
    """What stands above the table."""
    return [
        "# Who is answered what, below /admin/: asking (GET), and after a stroke acting (an empty POST), if otherwise",
        f"# {REFUSED} refused (403)   {TO_SIGN_IN} led to the sign-in   302 led on   400 405 429 as HTTP has them",
        f"# '+ action' is a bulk action of a list: done, or {NOT_OFFERED} (it is not among the actions offered, and does nothing).",
        f"# A new page has no line yet. Write the table anew, and think each new line through: {COMMAND}",
        line("", (role.split()[0] if role != "data protection officer" else "officer" for role in rows.PEOPLE)),
    ]


def write(table: list[str]) -> None:
    """Agree on a table."""
    GOLDEN.write_text("\n".join([*head(), *table]) + "\n")


def lines() -> list[str]:
    """The table as it was agreed on."""
    return GOLDEN.read_text().splitlines()[len(head()) :]


def agreed() -> dict[str, list[str]]:
    """The table as it was agreed on: the answers by the name of the page."""
    return {each[:WIDTH].strip(): each[WIDTH:].split() for each in lines()}


def _routes(patterns: Iterable[Any], before: str = "") -> Iterator[str]:
    for each in patterns:
        route = before + str(each.pattern)
        if not isinstance(each, URLPattern):
            yield from _routes(each.url_patterns, route)
        elif route.startswith(DESK):
            yield route


def _spelt_out(route: str) -> Iterator[tuple[str, str]]:
    """The route as the table has it, and a path for it; of Django's own two by regular expression, what they stand for."""
    if "(?P<app_label>" in route:
        for label in sorted({model._meta.app_label for model in rows.registered()}):
            yield f"{DESK}{label}/", f"{DESK}{label}/"
    elif "(?P<url>" in route:
        yield f"{DESK}no-such-page/", f"{DESK}no-such-page/"
    else:
        yield route, PARAMETER.sub(lambda found: _sample(found[1], route), route)


def _sample(name: str, route: str) -> str:
    """An example for one part of an address."""
    if name in ("object_id", "content_type_id"):
        row = rows.of(_model_of(route))
        return str(quote(row.pk)) if row is not None else "0"
    if name not in SAMPLES:
        raise NoSample(f"{name} in {route}")
    return SAMPLES[name]


def _model_of(route: str) -> Any:
    """The model whose pages stand at *route*."""
    _, label, model, *_ = route.split("/")
    return apps.get_model("contenttypes.ContentType") if label == "r" else apps.get_model(label, model)


def _bulk_actions() -> Iterator[Page]:
    for model in rows.registered():
        route = f"{DESK}{model._meta.app_label}/{model._meta.model_name}/"
        page = admin.site._registry[model]
        names = [name for _, name, _ in page._get_base_actions()]
        yield from (Page(route, route, name) for name in names)


def _acted(page: Page, ask: Asker) -> str:
    """Choose a bulk action for a row of the list: whether it was carried out, or asked to be confirmed."""
    row = rows.of(_model_of(page.route))
    chosen = {"action": page.action, ACTION_CHECKBOX_NAME: [row.pk] if row is not None else [], "index": "0"}
    answer = _asked(ask, "POST", page, chosen)
    is_still_the_list = "cl" in (getattr(answer, "context_data", None) or {})
    was_nothing = "No action selected." in getattr(answer, "said", ())
    if answer.status_code in (200, 302) and _word(answer) != TO_SIGN_IN:
        return NOT_OFFERED if is_still_the_list or was_nothing else "done"
    return _word(answer)


def _asked(ask: Asker, method: str, page: Page, data: dict[str, Any] | None = None) -> Any:
    """Ask, and take back whatever the answer changed."""
    with transaction.atomic():
        answer = ask(method, f"/{page.path}", data or {})
        transaction.set_rollback(True)
    return answer


def _word(answer: Any) -> str:
    if answer.status_code == 302 and answer.headers["Location"].startswith(("/accounts/login/", "/admin/login/")):
        return TO_SIGN_IN
    return REFUSED if answer.status_code == 403 else str(answer.status_code)
