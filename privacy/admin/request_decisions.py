"""What staff decide about a request: approve, answer, write, refuse, take more time, try again, and on whose desk it lies."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from unfold.enums import ActionVariant

from privacy.admin import children
from privacy.admin.decisions import Decision
from privacy.forms.desk import DeskForm, HandOverForm, WriteForm
from privacy.forms.pages import AnswerForm, ExtensionForm, ReceiptForm, RefusalForm
from privacy.rights import (
    answers,
    appeals,
    assignment,
    child_reports,
    conversation,
    correction,
    deadlines,
    erasure,
    extension,
    grounds,
    requests,
)
from privacy.rights.kinds import Kind, Rule
from privacy.rights.models import DataRequest, State
from privacy.rights.states import OPEN, REQUEST

MAY_DECIDE: Final = "privacy.change_datarequest"


def _leading_to(state: str) -> frozenset[str]:
    return frozenset(start for start in REQUEST.table if REQUEST.allows(start, state))


def _stands_in(froms: Collection[str], which: Callable[[Rule], bool] = bool) -> Callable[[DataRequest], bool]:
    return lambda asked: asked.state in froms and which(asked.rule)


def _can_be_refused(asked: DataRequest) -> bool:
    return REQUEST.allows(asked.state, State.REFUSED) and bool(grounds.open_to(asked))


def _approve(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{requests.approve(asked, by=by, at=at)} is approved."


def _refuse(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{requests.refuse(asked, ground=typed['ground'], reason=typed['reason'], by=by, at=at)} is refused."


def _answer(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{answers.give(asked, text=typed['text'], by=by, at=at)} is answered."


def _uphold(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{asked} is answered, and {appeals.uphold(asked, text=typed['text'], by=by, at=at)} is open."


def _by_hand(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    step = correction.note_by_hand(asked, receipt=typed["receipt"], by=by, at=at)
    return f"Noted for {asked}: {step.label}."


def _extend(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{extension.extend(asked, reason=typed['reason'], by=by, at=at)} has more time."


def _take(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{assignment.assign(asked, to=by, seen=typed['seen'], by=by, at=at)} lies on your desk."


def _hand_over(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    assignment.assign(asked, to=typed["to"], seen=typed["seen"], by=by, at=at)
    return f"{asked} lies on the desk of {typed['to']}." if typed["to"] else f"{asked} lies on nobody's desk."


def _write(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    conversation.write(asked, text=typed["text"], by=by, at=at)
    return f"Your message about {asked} is on its page, and its person is told."


def _check_again(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    erasure.check_again(asked, by=by, at=at)
    return f"{asked} is tried again."


DECISIONS: Final = {
    "approve": Decision(
        title="Approve",
        explains="An erasure: the account is locked for purchases at once, the person is told what stays and why, and the grace "
        "runs; until it ends they can take it back, then the worker carries the plan out. Everything else is carried out now.",
        permission=MAY_DECIDE,
        fits=_stands_in(
            _leading_to(State.APPROVED), lambda rule: rule.is_decided and rule.kind not in child_reports.KINDS
        ),
        do=_approve,
        variant=ActionVariant.PRIMARY,
    ),
    "answer": Decision(
        title="Answer",
        explains="The person is mailed a link to these words, and the request is done.",
        permission=MAY_DECIDE,
        fits=_stands_in({State.VERIFIED}, lambda rule: rule.is_answered),
        do=_answer,
        form=AnswerForm,
        variant=ActionVariant.PRIMARY,
    ),
    "uphold": Decision(
        title="Yes after all",
        explains="The appeal is right. The person is mailed a link to these words, and what we refused is taken up once more.",
        permission=MAY_DECIDE,
        fits=lambda asked: asked.state == State.VERIFIED and asked.against_id is not None,
        do=_uphold,
        form=AnswerForm,
    ),
    "by_hand": Decision(
        title="Note what you did by hand",
        explains="A correction waits for you: the step that is blocked says for what. Say how you did it (a ticket, a letter), and "
        "name nobody. With the last step the person is told, and the request is done.",
        permission=MAY_DECIDE,
        fits=lambda asked: (
            asked.kind == Kind.CORRECTION and asked.state == State.PARTLY_DONE and bool(correction.by_hand(asked))
        ),
        do=_by_hand,
        form=ReceiptForm,
    ),
    "write": Decision(
        title="Write",
        explains="The person reads it on the page of their request, and is mailed a link to it. The first message counts as our "
        "first reply.",
        permission=MAY_DECIDE,
        fits=conversation.is_open,
        do=_write,
        form=WriteForm,
        begins_with="template",
    ),
    **children.DECISIONS,
    "refuse": Decision(
        title="Refuse with reason",
        explains="The person is told the ground, these words, and how to appeal. Nothing is changed.",
        permission=MAY_DECIDE,
        fits=_can_be_refused,
        do=_refuse,
        form=RefusalForm,
        variant=ActionVariant.DANGER,
    ),
    "extend": Decision(
        title="Take more time",
        explains="The person is told these words and the new date, which is the last one the laws allow. It works once, and only "
        "before the present date.",
        permission=MAY_DECIDE,
        fits=extension.fits,
        do=_extend,
        form=ExtensionForm,
        is_seldom=True,
    ),
    "check_again": Decision(
        title="Check again",
        explains="The blocked steps are counted afresh and tried once more. Do this after you looked at what is in their way.",
        permission=MAY_DECIDE,
        fits=_stands_in({State.PARTLY_DONE}, lambda rule: rule.kind == Kind.ERASURE),
        do=_check_again,
        variant=ActionVariant.PRIMARY,
    ),
    "take": Decision(
        title="Take it",
        explains="It lies on your desk from now on, and the reminders of its time go to you.",
        permission=MAY_DECIDE,
        fits=_stands_in(OPEN),
        do=_take,
        form=DeskForm,
        is_seldom=True,
    ),
    "hand_over": Decision(
        title="Hand it over",
        explains="It lies on a colleague's desk from now on, or on nobody's.",
        permission=MAY_DECIDE,
        fits=_stands_in(OPEN),
        do=_hand_over,
        form=HandOverForm,
        is_seldom=True,
    ),
}

REFUSALS: Final[dict[type[Exception], str]] = {
    conversation.Closed: "It has ended, or its erasure has begun: nobody would read a message any more.",
    conversation.Empty: "An empty message is none.",
    conversation.TooLong: "That is more than one message holds. Send it in two.",
    conversation.TooMany: "That is as many messages as a person writes in a day. Write again tomorrow.",
    answers.Missing: "An empty answer is none.",
    requests.OpenSteps: "",
    correction.ReceiptMissing: "Say how it was done.",
    correction.NothingByHand: "Nothing of it waits for a person any more.",
    answers.SamePerson: "You said no to what this appeals against. Somebody else decides about it.",
    requests.SubjectErased: "This person was erased meanwhile. There is nobody left to do it for.",
    requests.OwnRequest: "This is your own request. Somebody else decides about it.",
    **children.REFUSALS,
    extension.Once: "It was given more time before. The law knows no second time.",
    extension.TooLate: "Its time has run: more time had to be told before that.",
    deadlines.NoExtension: "No law where this person lives gives more time for this.",
}
