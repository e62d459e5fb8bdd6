"""A request's life as a line of steps: what happened, what happens now, what comes next and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from privacy.rights import clock
from privacy.rights.kinds import Proof
from privacy.rights.models import DataRequest, State

ENDED = {
    State.REFUSED: "Refused",
    State.WITHDRAWN: "Taken back by you",
    State.JOINED: "Joined with your other request",
    State.LAPSED: "Closed: the address was never confirmed",
}


@dataclass(frozen=True)
class Moment:
    """One step; `state` is `done`, `now`, `next` or `failed`, as `components/timeline.html` reads it."""

    label: str
    at: datetime | None
    note: str
    state: str


def of(request: DataRequest) -> list[Moment]:
    """The steps of one request, in order."""
    steps = [_done("Received", request.received_at, request.get_channel_display())]
    if request.verified_at is not None:
        steps.append(_counts(request, request.verified_at))
    elif request.is_open:
        steps.append(Moment("Confirm it", None, "We mailed you a link.", "now"))
    if request.extended_at is not None:
        steps.append(_done("We need longer", request.extended_at, request.extension_reason))
    if request.state in ENDED:
        return [*steps, Moment(ENDED[State(request.state)], request.refused_at, request.refusal_reason, "failed")]
    if request.is_erasure:
        return [*steps, *_of_erasure(request)]
    if request.is_copy:
        return [*steps, *_of_copy(request)]
    return [*steps, *(_of_answer(request) if request.rule.is_answered else _of_act(request))]


def _counts(request: DataRequest, at: datetime) -> Moment:
    """From when it counts; that it was really them is said only where somebody made sure."""
    if request.rule.proof is Proof.NOTHING:
        return _done("It counts", at, "We ask nobody to prove anything for this.")
    return _done("It is you", at)


def _of_answer(request: DataRequest) -> list[Moment]:
    if request.completed_at is not None:
        return [_done("Answered", request.completed_at)]
    return [Moment("A person answers", None, f"{request.rule.next} {_by(request)}", _turn_of(request))]


def _of_act(request: DataRequest) -> list[Moment]:
    steps = []
    if request.approved_at is not None:
        steps.append(_done("Approved", request.approved_at))
    elif request.rule.is_decided:
        return [
            Moment("A person looks at it", None, _reply(request), _turn_of(request)),
            Moment("Done", None, _by(request), "next"),
        ]
    if request.completed_at is not None:
        return [*steps, _done("Done", request.completed_at, request.rule.outcome)]
    if request.state == State.PARTLY_DONE:
        return [*steps, Moment("Partly done", None, f"Something still has to finish first. {_by(request)}", "now")]
    return [*steps, Moment("Being done", None, _by(request), _turn_of(request))]


def _reply(request: DataRequest) -> str:
    """Until when they hear from us first; nothing where they have."""
    if request.first_replied_at is not None:
        return ""
    return f"You hear from us by {clock.day_of(request.first_reply_due_at)}."


def _turn_of(request: DataRequest) -> str:
    """Whether this step is ours now, or waits for the person's proof."""
    return "now" if request.verified_at is not None else "next"


def _of_copy(request: DataRequest) -> list[Moment]:
    if request.completed_at is not None:
        return [_done("Your copy is ready", request.completed_at)]
    begun = request.verified_at is not None
    if begun and request.state == State.VERIFIED and request.retry_at is not None:
        why = "The e-mail or password of your account changed lately, so it waits for seven days. " + _by(request)
        return [Moment("Your copy is put together", request.retry_at, why, "next")]
    return [Moment("Your copy is put together", None, _by(request), "now" if begun else "next")]


def _of_erasure(request: DataRequest) -> list[Moment]:
    steps = []
    if request.approved_at is not None:
        steps.append(_done("Approved", request.approved_at))
    else:
        steps.append(Moment("A person looks at it", None, _reply(request), _turn_of(request)))
    if request.completed_at is not None:
        return [*steps, _done("Erased", request.completed_at)]
    if request.state == State.PARTLY_DONE:
        return [
            *steps,
            Moment("Partly done", None, "Something still has to finish first; we go on by ourselves.", "now"),
        ]
    if request.execute_after is not None:
        waiting = request.state == State.APPROVED
        label = "You can take it back until" if waiting else "You could take it back until"
        steps.append(Moment(label, request.execute_after, "", "now" if waiting else "done"))
        steps.append(Moment("Erased", None, _by(request), "next" if waiting else "now"))
        return steps
    return [*steps, Moment("Erased", None, _by(request), "next")]


def _done(label: str, at: datetime, note: str = "") -> Moment:
    return Moment(label, at, note, "done")


def _by(request: DataRequest) -> str:
    return f"Due by {clock.day_of(request.due_at)}."
