"""The retained-items letter: what stays after an erasure, why, and the exact day on which it goes by itself.

It is part of the last mail and of the certificate, so both are written from here. Counts, dates and words of the register; no
personal data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from privacy.ground import tongue
from privacy.proof import certificates
from privacy.register import profiles, registry, subjects
from privacy.rights import holdings, phrases, reasons
from privacy.rights.models import DataRequest, ErasureStep, LegalHold, State, StepKind, StepState


@dataclass(frozen=True)
class Item:
    """One line: so many of something, what is left of them, why, and until which day; None where an event ends it.

    Steps are kept in English; a line is read in the language that is being written.
    """

    step: ErasureStep
    count: int
    until: date | None

    @property
    def what(self) -> str:
        """What it is called."""
        return tongue.translated(self.step.label)

    @property
    def stays(self) -> str:
        """What is left of them: the names of the columns, where the step says just these."""
        return _in_words(self.step.stays, _columns(self.step))

    @property
    def why(self) -> str:
        """The reasons that the declarations give for it."""
        return _in_words(self.step.why, _grounds(self.step), joint="; ")


def items(request: DataRequest) -> list[Item]:
    """Everything that stays, but for the record of the request itself: a line for each end date, the earliest first."""
    every = [item for step in request.steps.all() if stays(step) for item in _items_of(step)]
    return sorted(every, key=lambda item: (item.until is None, item.until or date.max, item.step.label))


def stays(step: ErasureStep) -> bool:
    """Whether something about the person is left where this step was."""
    return bool(step.stays) and not step.is_record and bool(step.planned or step.retained or not step.goes)


def waiting(request: DataRequest, *, at: datetime) -> list[reasons.Waiting]:
    """What the rest of a partly done erasure waits for: what is unfinished, what is held, and who did not confirm."""
    if request.state not in (State.EXECUTING, State.PARTLY_DONE):
        return []
    known = reasons.unfinished(subjects.family(request.subject), at=at)
    said = {each.words for each in known}
    refused = [
        reasons.Waiting(step.blocker, gettext("when we have cleared it"), (tongue.translated(step.label),))
        for step in request.steps.filter(state=StepState.BLOCKED)
        if step.blocker not in said and (step.kind != StepKind.ROWS or not known)
    ]
    return [*known, *refused]


def facts(request: DataRequest) -> certificates.Facts:
    """What the certificate says, from the steps that earned it."""
    steps = list(request.steps.all())
    assert request.approved_at is not None
    return certificates.Facts(
        subject_id=request.subject_id,
        request_reference=request.reference,
        shop_name=profiles.current().shop_name,
        received_at=request.received_at,
        approved_at=request.approved_at,
        erased=[
            {"what": step.label, "rows": step.affected, "fields": step.goes}
            for step in steps
            if step.kind == StepKind.ROWS and step.affected and not step.is_record
        ],
        retained=[
            {
                "what": step.label,
                "fields": step.stays,
                "reason": step.why,
                "basis": _basis(step),
                "rows": step.planned or sum(int(end["count"]) for end in step.retained),
                "until": step.retained,
            }
            for step in steps
            if step.kind == StepKind.ROWS and stays(step)
        ],
        processors=[
            {"name": step.label, "receipt": step.receipt, "keeps": step.stays}
            for step in steps
            if step.kind == StepKind.PROCESSOR
        ],
        coverage={
            "models": sum(step.kind == StepKind.ROWS for step in steps),
            "steps": len(steps),
            "residue": 0,
        },
        legal_holds=[
            {
                "hold": hold.reference,
                "about": registry.of(hold.model).label if hold.model else "Everything",
                "review_on": hold.review_on.isoformat(),
            }
            for hold in LegalHold.objects.filter(subject_id__in=subjects.family(request.subject), released_at=None)
        ],
    )


def _basis(step: ErasureStep) -> str:
    """The lawful bases on which the fields of this step stay, each once."""
    kept = registry.of(step.target).kept_fields().values()
    return "; ".join(dict.fromkeys(str(field.on_erase.basis) for field in kept if field.on_erase.basis))


def _items_of(step: ErasureStep) -> Iterator[Item]:
    for end in step.retained or [{"until": "", "count": 0}]:
        until = date.fromisoformat(str(end["until"])) if end["until"] else None
        yield Item(step, int(end["count"]), until)


def _columns(step: ErasureStep) -> list[str]:
    """The names of the columns that stay where a step has rows; none for a processor."""
    if step.kind != StepKind.ROWS:
        return []
    declaration = registry.of(step.target)
    return holdings.field_words(declaration, sorted(declaration.kept_fields()))


def _grounds(step: ErasureStep) -> list[str]:
    """Why they stay, each reason once."""
    if step.kind != StepKind.ROWS:
        return []
    kept = registry.of(step.target).kept_fields().values()
    return list(dict.fromkeys(field.on_erase.reason for field in kept))


def _in_words(kept: str, words: list[str], *, joint: str = ", ") -> str:
    """A sentence that was kept, in the language that is being written: word by word where it is made of *words*, else whole."""
    if kept != phrases.sentence(words, joint=joint):
        return tongue.translated(kept)
    return phrases.sentence(map(tongue.translated, words), joint=joint)
