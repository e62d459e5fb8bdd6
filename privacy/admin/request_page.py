"""One request on one page: its person, its clocks, what showed who asks, the plan as a tree, what is in the way, the trail.

Tables for the templates, and the messages as rows below the page's row, so that they are masked and looked at on the record like
every other. Nothing here names anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django_countries import countries
from unfold.admin import TabularInline
from unfold.decorators import display

from privacy.admin import child_steps
from privacy.admin import due as dates
from privacy.admin.masks import ShownInline
from privacy.ground.models import AuditEvent
from privacy.register import disclosures, objections, subjects
from privacy.register.models import Subject
from privacy.rights import agents, holds, identity, requests
from privacy.rights.clock import of_the_shop
from privacy.rights.conversation_models import RequestMessage
from privacy.rights.models import DataRequest, ErasureStep, StepKind, StepState

MOST_EVENTS: Final = 100
MOST_OTHERS: Final = 20
Rows = list[list[Any]]


class MessageInline(ShownInline, TabularInline):
    """What its person and the desk wrote to each other, oldest first."""

    model = RequestMessage
    fields = readonly_fields = ("sent", "who", "words", "read")
    sent = dates.of("sent_at")
    read = dates.of("read_at")
    shows = {"words": ("text",)}
    verbose_name_plural = "messages"
    hide_title = True

    @display(description="from")
    def who(self, message: RequestMessage) -> str:
        return f"us ({message.written_by})" if message.is_from_staff else "the person"

    @display(description="message")
    def words(self, message: RequestMessage) -> str:
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in str(message.text).splitlines()))


@dataclass(frozen=True)
class Leaf:
    """One place of the plan: what goes there, what stays, why and until when, and how far it is."""

    title: str
    state: str
    is_open: bool
    facts: list[tuple[str, Any]]


@dataclass(frozen=True)
class Branch:
    """Places of the plan that have the same in store."""

    title: str
    leaves: list[Leaf]


def told(asked: DataRequest, at: datetime) -> dict[str, Any]:
    """Everything that stands under a request."""
    steps = list(asked.steps.all())
    shown = _with_something_in_them(asked, steps)
    return {
        "asked": asked,
        "due": dates.due(asked, at),
        "person": _person(asked, at),
        "plan": _tree(shown),
        "empty_steps": len(steps) - len(shown),
        "in_the_way": _in_the_way(asked, shown),
        **child_steps.of(asked, at),
        "clocks": {"headers": ["Clock", "Rule", "Whose", "How the date came about"], "rows": _clocks(asked)},
        "checks": {"headers": ["When", "How", "Result"], "rows": _checks(asked)},
        "trail": {"headers": ["When", "What", "By", "Note"], "rows": _trail(asked)},
    }


def _with_something_in_them(asked: DataRequest, steps: list[ErasureStep]) -> list[ErasureStep]:
    """The steps that have to do with this person: rows there are, companies that were given something or did something."""
    given = disclosures.processors(subjects.family(asked.subject)) if steps else set()
    acted = (StepState.BLOCKED, StepState.DONE)
    idle = {
        StepKind.ROWS: lambda step: not step.planned,
        StepKind.PROCESSOR: lambda step: step.target not in given and step.state not in acted,
    }
    return [step for step in steps if not (step.kind in idle and idle[StepKind(step.kind)](step))]


def _person(asked: DataRequest, at: datetime) -> list[tuple[str, Any]]:
    """Who asks, as far as the desk has to know: no name, no address."""
    person = subjects.root(asked.subject)
    family = subjects.family(person)
    others = DataRequest.objects.of(family).exclude(pk=asked.pk).order_by("-received_at")[:MOST_OTHERS]
    facts: list[tuple[str, Any]] = [
        ("asked by", _asker(asked)),
        ("came with", _links("attachment", list(asked.attachments.all())) or "no file"),
        ("lives in", _place(person)),
        ("age", person.get_age_band_display() or "not asked"),
        ("standing", _standing(person)),
        ("objects to", ", ".join(_objections(family)) or "nothing"),
        ("held by law", _links("legalhold", list(holds.of(family, at=at))) or "nothing"),
        ("also asked", _links("datarequest", list(others)) or "nothing else"),
    ]
    return facts


def _asker(asked: DataRequest) -> str:
    agent = agents.of(asked)
    if agent is None:
        return "themselves"
    return "an agent whom they confirmed" if agent.confirmed_at else "an agent; they have not said so themselves"


def _place(person: Subject) -> str:
    country, _, part = person.residence.partition("-")
    name = countries.name(country) or country
    return f"{name}, {part}" if part else name or "unknown: every law counts"


def _objections(family: list[UUID]) -> list[str]:
    """What is not used because they object to it; what was weighed and overridden is used again."""
    heeded = objections.in_words(family)
    return [f"{words} (being weighed)" if is_pending else words for words, is_pending in heeded]


def _standing(person: Subject) -> str:
    said = {
        f"erased {person.erased_at:%-d %B %Y}" if person.erased_at else "",
        f"restricted ({', '.join(person.restricted_for)})" if person.restricted_at else "",
        "account closed for now" if person.paused_at else "",
    } - {""}
    return "; ".join(sorted(said)) or "nothing is restricted"


def _links(model: str, rows: list[Any]) -> SafeString:
    pages = ((reverse(f"admin:privacy_{model}_change", args=[row.pk]), row) for row in rows)
    return format_html_join(", ", '<a class="desk__link" href="{}">{}</a>', pages)


def _in_the_way(asked: DataRequest, steps: list[ErasureStep]) -> list[tuple[str, str]]:
    """What has to happen before it is complete; a blocked step says what it waits for."""
    if not asked.is_open:
        return []
    blocked = {step.label: step.blocker for step in steps if step.state == StepState.BLOCKED}
    return [(label, blocked.get(label, "")) for label in requests.open_steps(asked) if label in blocked or not steps]


def _clocks(asked: DataRequest) -> Rows:
    return [
        [
            each["clock"],
            f"{each['rule']}{' (counts)' if each['governs'] else ''}",
            each.get("source", ""),
            each["words"],
        ]
        for each in asked.derivation
    ]


def _checks(asked: DataRequest) -> Rows:
    checks = identity.evidence_of(asked)
    return [[_moment(each.at), each.get_method_display(), "shown" if each.passed else "not shown"] for each in checks]


def _trail(asked: DataRequest) -> Rows:
    events = AuditEvent.objects.about(asked.reference)[:MOST_EVENTS]
    return [[_moment(each.at), each.event, each.actor, each.note] for each in events]


def _moment(at: datetime) -> str:
    return f"{of_the_shop().local(at):%Y-%m-%d %H:%M:%S %Z}"


# The plan

BRANCHES: Final[tuple[tuple[str, Callable[[ErasureStep], bool]], ...]] = (
    ("Goes", lambda step: step.kind == StepKind.ROWS and bool(step.goes) and not step.stays),
    ("Goes in part", lambda step: step.kind == StepKind.ROWS and bool(step.goes) and bool(step.stays)),
    ("Stays", lambda step: step.kind == StepKind.ROWS and not step.goes),
    ("Companies that received it", lambda step: step.kind == StepKind.PROCESSOR),
    ("Afterwards", lambda step: step.kind == StepKind.CHECK),
)


def _tree(steps: list[ErasureStep]) -> list[Branch]:
    """The plan by what happens, each place a leaf; what is blocked lies open."""
    branches = [Branch(title, [_leaf(step) for step in steps if belongs(step)]) for title, belongs in BRANCHES]
    return [branch for branch in branches if branch.leaves]


def _leaf(step: ErasureStep) -> Leaf:
    rows = f"{step.affected} of {step.planned}" if step.affected else str(step.planned)
    facts = [
        ("rows", rows if step.kind == StepKind.ROWS else ""),
        ("goes", step.goes),
        ("stays", step.stays),
        ("why", step.why),
        ("until", f"{step.until_on:%-d %B %Y}" if step.until_on else ""),
        ("in its way", step.blocker),
    ]
    return Leaf(
        step.label,
        step.get_state_display(),
        step.state == StepState.BLOCKED,
        [(name, said) for name, said in facts if said],
    )
