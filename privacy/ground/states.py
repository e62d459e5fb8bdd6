"""State machines as tables: one way to change a state, with its event, in one transaction.

    ORDER = Machine("order", {"pending": {"paid", "cancelled"}, "paid": {"shipped"}})
    ORDER.advance(order, "paid", by=by, at=at)

The verb of a room calls `advance` first and shows its effects as plain lines after it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from django.db import models, transaction

from privacy.ground import audit

M = TypeVar("M", bound=models.Model)


class NotAllowed(Exception):
    """The table has no such step."""


class Changed(Exception):
    """Somebody else moved the row first: it is no longer in the state this step starts from."""


class Machine:
    """A transition table for one field of one kind of thing."""

    def __init__(self, name: str, table: Mapping[str, Iterable[str]], *, field: str = "state") -> None:
        self.name = name
        self.field = field
        self.table = {state: frozenset(targets) for state, targets in table.items()}

    def allows(self, state: str, to: str) -> bool:
        """Whether the table has the step from *state* to *to*."""
        return to in self.table.get(state, frozenset())

    def leading_to(self, to: str) -> frozenset[str]:
        """The states from which the table has the step to *to*."""
        return frozenset(state for state in self.table if self.allows(state, to))

    def advance(self, obj: M, to: str, *, by: audit.Actor, at: datetime, note: str = "") -> M:
        """Move *obj* to the state *to* by a conditional UPDATE and append the event `name.to`.

        Raises `NotAllowed` where the table has no such step, `Changed` where another process was first.
        """
        state = getattr(obj, self.field)
        if not self.allows(state, to):
            raise NotAllowed(f"{self.name} {audit.name_of(obj)} cannot go from {state} to {to}")
        with transaction.atomic():
            rows = type(obj)._default_manager.filter(pk=obj.pk, **{self.field: state})
            if rows.update(**{self.field: to}) != 1:
                raise Changed(f"{self.name} {audit.name_of(obj)} is no longer {state}")
            subject = getattr(obj, "subject_id", None)
            details = {"from": str(state), "to": str(to)}
            audit.append(f"{self.name}.{to}", subject=subject, obj=obj, note=note, details=details, by=by, at=at)
        setattr(obj, self.field, to)
        return obj

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram, for the documentation."""
        steps = [f"    {state} --> {to}" for state, targets in self.table.items() for to in sorted(targets)]
        return "\n".join(["stateDiagram-v2", *steps])
