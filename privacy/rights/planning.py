"""What an erasure of somebody would do: one share for each declaration and processor, in the order of the steps.

`preview` says it, `plan` writes it down as the steps that `rights.erasure` then carries out. Why something stays is decided by
`rights.reasons`; the order by `rights.order`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count

from privacy.register import presence, registry, subjects
from privacy.register.declare import Action, Declaration, Family, Processor
from privacy.register.models import Subject
from privacy.rights import holdings, order, phrases, reasons
from privacy.rights.models import DataRequest, ErasureStep, StepKind, StepState

RESIDUE: Final = "residue"


class NotErasable(Exception):
    """The request asks for something else, or its subject is gone already."""


@dataclass(frozen=True)
class Share:
    """One declaration's share of a plan, before it becomes a step."""

    kind: StepKind
    target: str
    label: str
    state: StepState = StepState.PENDING
    planned: int = 0
    goes: str = ""
    stays: str = ""
    why: str = ""
    until_on: date | None = None
    retained: list[dict[str, str | int]] = field(default_factory=list)
    blocker: str = ""
    is_record: bool = False


def preview(subject: Subject, *, here: reasons.Here | None = None, at: datetime) -> list[Share]:
    """What an erasure of this person would do now, in the order of its steps. *here*: what `presence.counted` found just now."""
    family = subjects.family(subject)
    now = reasons.active(family, here=presence.counted(family) if here is None else here, at=at)
    shares = [_share_of_processor(processor) for processor in registry.processors()]
    shares += [share(declaration, now) for declaration in order.of_erasure()]
    return [*shares, Share(StepKind.CHECK, RESIDUE, "Residue check", goes="Every place above is looked at once more.")]


def plan(request: DataRequest, *, here: reasons.Here | None = None, at: datetime) -> list[ErasureStep]:
    """Write the plan down as steps, replacing an earlier plan that nothing of was carried out yet."""
    if not request.is_erasure:
        raise NotErasable(f"{request} is no erasure")
    with transaction.atomic():
        request.steps.all().delete()
        steps = [
            ErasureStep(request=request, position=position, **_columns(each))
            for position, each in enumerate(preview(request.subject, here=here, at=at), start=1)
        ]
        return ErasureStep.objects.bulk_create(steps)


def share(declaration: Declaration, now: reasons.Reasons) -> Share:
    """What goes and what stays of one model."""
    common: dict[str, Any] = {"kind": StepKind.ROWS, "target": declaration.model, "label": declaration.label}
    common["blocker"] = phrases.together(reason.words for reason in now.in_the_way(declaration))
    if declaration.action is Action.DELETE_ROW and not declaration.is_evidence:
        everything = f"Everything: {phrases.listed(_categories(declaration))}."
        lasting = [reason for reason in now.of(declaration) if reason.lasts]
        planned = count(declaration, now)
        kept = holdings.count(declaration, now.family) - planned if lasting else 0
        return Share(
            planned=planned,
            goes=everything,
            stays=everything if kept else "",
            why=phrases.together(reason.words for reason in lasting) if kept else "",
            retained=[{"until": "", "count": kept}] if kept else [],
            **common,
        )
    planned = count(declaration, now)
    retained = ends(declaration, now.family) if planned else []
    written = sorted(_written(declaration))
    return Share(
        state=StepState.PENDING if written or declaration.eraser or declaration.visible else StepState.KEPT,
        planned=planned,
        goes=phrases.sentence(holdings.field_words(declaration, written)),
        stays=phrases.sentence(holdings.field_words(declaration, sorted(declaration.kept_fields())))
        or "References and dates.",
        why=_why(declaration),
        until_on=latest(retained),
        retained=retained,
        is_record=declaration.is_evidence,
        **common,
    )


def count(declaration: Declaration, now: reasons.Reasons) -> int:
    """How many rows an erasure has to deal with, those included that something unfinished keeps for now."""
    if declaration.action is Action.DELETE_ROW and any(reason.lasts for reason in now.of(declaration)):
        return int(now.goes_or_waits(declaration).order_by().values("pk").distinct().count())
    if now.here is None:
        return holdings.count(declaration, now.family)
    return now.here[declaration.model].own if now.meets(declaration) else 0


def ends(declaration: Declaration, family: Family) -> list[dict[str, str | int]]:
    """The days on which the time of this person's kept rows runs out, and how many rows each."""
    paths, days = declaration.retention.paths, Counter[str]()
    alike = declaration.rows(family).order_by().values_list(*paths).annotate(Count("pk", distinct=True))
    for *values, number in alike if paths else [(holdings.count(declaration, family),)]:
        days[phrases.day(declaration.retention.until_by(dict(zip(paths, values, strict=True))))] += number
    return [{"until": day, "count": number} for day, number in sorted(days.items())]


def latest(retained: list[dict[str, str | int]]) -> date | None:
    """The last of these days; None where one of them is not known yet."""
    days = [str(each["until"]) for each in retained]
    return None if "" in days else max(map(date.fromisoformat, days), default=None)


def _columns(planned: Share) -> dict[str, Any]:
    # A blocker seen while planning is shown, and asked about again when the step's turn comes; what is kept waits for nothing.
    return {**vars(planned), "blocker": "" if planned.state is StepState.KEPT else planned.blocker}


def _share_of_processor(processor: Processor) -> Share:
    return Share(
        kind=StepKind.PROCESSOR,
        target=processor.slug,
        label=processor.name,
        state=StepState.PENDING if processor.eraser else StepState.KEPT,
        goes=processor.erases if processor.eraser else "",
        stays=processor.after_erasure,
        why="The processor's own legal duties." if processor.after_erasure else "",
    )


def _written(declaration: Declaration) -> list[str]:
    fields = declaration.personal_fields().items()
    return [name for name, each in fields if each.on_erase.kind in ("blank", "replace")]


def _why(declaration: Declaration) -> str:
    words = [each.on_erase.reason for each in declaration.kept_fields().values()]
    if declaration.is_evidence:
        words.append("it shows what was done, with references and dates only")
    return phrases.sentence(dict.fromkeys(words), joint="; ")


def _categories(declaration: Declaration) -> list[str]:
    return list(dict.fromkeys(str(each.category).lower() for each in declaration.personal_fields().values()))
