"""What stands of Alice on the pages of the admin: canaries that were put into every personal column of her rows.

A canary says which field it is from. On a page it is allowed where the role's purposes open that field; on a page about one row,
only if the same answer wrote down that it was looked at; and where it is masked, only after a reveal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from privacy.models import AuditEvent
from privacy.register import masks, registry, subjects, synthetic
from privacy.register.models import Subject
from privacy.rights import looks
from tests.permissions import matrix, rows

TOKEN: Final = "zqvxk"
CANARY: Final = re.compile(rf"{TOKEN}([a-z]{{2}})")
WHY: Final = "The parcel came back"
#: How the address of a list can ask for more of it.
WAYS: Final = (
    "",
    "?standing=all",
    "?o=1",
    "?all=",
    "?_popup=1",
    "?_facets=True",
    f"?q={TOKEN}",
)

Field = tuple[str, str]


@dataclass(frozen=True)
class Sighting:
    """One answer: which fields stood on it, and which of them its looks name."""

    path: str
    status: int
    shown: frozenset[Field]
    recorded: frozenset[Field]


def mark() -> None:
    """Put a canary into every personal column of every row that is Alice's."""
    family = subjects.family(Subject.objects.earliest("created_at"))
    for declaration in registry.all_declared():
        for row in declaration.rows(family):
            synthetic.fill(row, TOKEN)


def browser(user: User) -> Client:
    client = Client(headers={"Sec-Fetch-Site": "same-origin"}, raise_request_exception=False)
    client.force_login(user)
    return client


def see(client: Client, path: str, reason: str = "") -> Sighting:
    """Open a page, or reveal it for a reason; what that changed is taken back."""
    with transaction.atomic():
        before = AuditEvent.objects.count()
        answer: Any = client.post(path, {"reason": reason}) if reason else client.get(path)
        events = list(AuditEvent.objects.order_by("pk")[before:])
        transaction.set_rollback(True)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    shown = frozenset(synthetic.field_of(code) for code in CANARY.findall(content.decode(errors="replace")))
    return Sighting(
        path, answer.status_code, shown, frozenset(_named(events, looks.REVEALED if reason else looks.SEEN))
    )


def amiss(seen: Sighting, sight: masks.Sight, *, is_revealed: bool = False) -> list[str]:
    """What stands on the page and should not, in words."""
    wrong = [f"{seen.path} fails"] if seen.status >= 500 else []
    is_about_a_row = is_revealed or "/change/" in seen.path
    for label, name in sorted(seen.shown):
        declaration = registry.of(label)
        is_open = sight.opens(declaration, name)
        if not is_open and not is_revealed:
            wrong.append(f"{seen.path} shows {label}.{name}, which the role does not work with")
        needs_a_look = not is_open or (is_about_a_row and not declaration.is_evidence)
        if needs_a_look and (label, name) not in seen.recorded:
            wrong.append(f"{seen.path} shows {label}.{name}, and no look says so")
    return wrong


def pages_with_more() -> Iterator[str]:
    """Every page, the lists asked in every way, the page of every row, and what search fields suggest."""
    for page in matrix.pages():
        if not page.action:
            yield f"/{page.path}"
    for model in rows.registered():
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield from (f"{reverse(f'{stem}_changelist')}{way}" for way in WAYS)
        for row in model._base_manager.all()[:6]:
            yield from (reverse(f"{stem}_{kind}", args=[quote(row.pk)]) for kind in ("change", "history", "delete"))
    yield from suggestions()
    yield from (f"/admin/search/?s={term}{more}" for term in (TOKEN, "order") for more in ("", "&extended=1"))


def suggestions() -> Iterator[str]:
    """What a search field for another row suggests, for each such field of each page."""
    for model in rows.registered():
        for column in model._meta.concrete_fields:
            if isinstance(column, ForeignKey) and column.related_model in admin.site._registry:
                names = (
                    f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={column.name}"
                )
                yield from (f"/admin/autocomplete/?{names}&term={term}" for term in ("", TOKEN))


def reveals() -> Iterator[str]:
    """Every page that asks why."""
    yield from (f"/{page.path}" for page in matrix.pages() if page.name.endswith("<id>/reveal/"))


def states(model: type[Model]) -> Iterator[str]:
    """Each state in which the row of *model* can stand, while this lasts: pages differ by it. The constraints say which."""
    column = next((each for each in model._meta.concrete_fields if each.name == "state" and each.choices), None)
    row = rows.of(model)
    if column is None or row is None:
        return
    before = getattr(row, column.name)
    for value, _ in column.choices or ():
        try:
            with transaction.atomic():
                model._base_manager.filter(pk=row.pk).update(state=value)
        except IntegrityError:
            continue
        yield str(value)
    model._base_manager.filter(pk=row.pk).update(state=before)


def _named(events: Iterable[AuditEvent], event: str) -> Iterator[Field]:
    """The fields that looks in the trail name."""
    for each in events:
        for field in each.details.get("fields", []) if each.event == event else []:
            label, _, name = field.rpartition(".")
            yield label or str(each.details["model"]), name
