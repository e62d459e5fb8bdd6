"""The audit trail: who did what to which reference, when. References and field names, never values.

Rows carry no foreign key, so that they never stand in the way of an erasure, and the database refuses to change them, or to
let them go before their time has run.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

from django.db import connection, models, transaction

from privacy.ground import evidence
from privacy.ground.models import AuditEvent

Detail = str | int | bool | list[str]

SEEN: Final = "data.seen"
REVEALED: Final = "data.revealed"
LOOKS: Final = (SEEN, REVEALED)
"""The events by which a member of staff saw somebody's values (`rights.looks` writes them)."""


@runtime_checkable
class Person(Protocol):
    """Anything that signs in: a user with a data subject."""

    pk: int
    is_staff: bool
    subject_id: UUID


Actor: TypeAlias = Person | models.Model | str


def actor(by: Actor) -> str:
    """`staff:12`, `customer:<subject>` or a system's own name such as `system:retention`."""
    if isinstance(by, str):
        return by
    if isinstance(by, Person):
        return f"staff:{by.pk}" if by.is_staff else f"customer:{by.subject_id}"
    return f"customer:{by.pk}"


def name_of(obj: models.Model | str) -> str:
    """How the trail names a row: its public reference, or `app.Model:pk`.

    A row whose `reference` is another's, as a mail's is that of its order, says so with `is_about_reference`.
    """
    if isinstance(obj, str):
        return obj
    its_own = "" if getattr(obj, "is_about_reference", False) else str(getattr(obj, "reference", ""))
    return its_own or f"{obj._meta.label}:{obj.pk}"


def append(
    event: str,
    *,
    subject: models.Model | UUID | None = None,
    obj: models.Model | str = "",
    note: str = "",
    details: Mapping[str, Detail] | None = None,
    by: Actor,
    at: datetime,
) -> AuditEvent:
    """Write one event (`order.shipped`). *note* is a staff member's own words: they are told never to name a person."""
    return AuditEvent.objects.create(
        event=event,
        subject_id=subject.pk if isinstance(subject, models.Model) else subject,
        object_ref=name_of(obj),
        note=note,
        details=dict(details or {}),
        actor=actor(by),
        at=at,
    )


@contextmanager
def expiring() -> Iterator[None]:
    """A transaction in which evidence may be deleted, because its time has run. Only retention says that."""
    with transaction.atomic():
        _let_go("on")
        yield
        _let_go("off")  # an outer transaction goes on under the usual rule


def _let_go(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [evidence.FLAG, state])
