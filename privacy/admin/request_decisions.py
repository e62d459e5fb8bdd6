"""What staff decide about a request: approve, answer, write, refuse, take more time, try again, and on whose desk it lies."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from unfold.enums import ActionVariant

from privacy.admin import children
from privacy.admin.decisions import Decision, calls, stands_in
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


def _ruled(states: Collection[str], which: Callable[[Rule], bool]) -> Callable[[DataRequest], bool]:
    """Whether a request is in one of these states, and the rule of its kind is such a one."""
    return lambda asked: asked.state in states and which(asked.rule)


def _can_be_refused(asked: DataRequest) -> bool:
    return REQUEST.allows(asked.state, State.REFUSED) and bool(grounds.open_to(asked))


def _take(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{assignment.assign(asked, to=by, seen=typed['seen'], by=by, at=at)} lies on your desk."


def _hand_over(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    assignment.assign(asked, to=typed["to"], seen=typed["seen"], by=by, at=at)
    return f"{asked} lies on the desk of {typed['to']}." if typed["to"] else f"{asked} lies on nobody's desk."


DECISIONS: Final = {
    "approve": Decision(
        title="Approve",
        explains="An erasure: the account is locked for purchases at once, the person is told what stays and why, and the grace "
        "runs; until it ends they can take it back, then the worker carries the plan out. Everything else is carried out now.",
        permission=MAY_DECIDE,
        fits=_ruled(
            REQUEST.leading_to(State.APPROVED), lambda rule: rule.is_decided and rule.kind not in child_reports.KINDS
        ),
        do=calls(requests.approve, "{row} is approved."),
        variant=ActionVariant.PRIMARY,
    ),
    "answer": Decision(
        title="Answer",
        explains="The person is mailed a link to these words, and the request is done.",
        permission=MAY_DECIDE,
        fits=_ruled({State.VERIFIED}, lambda rule: rule.is_answered),
        do=calls(answers.give, "{row} is answered."),
        form=AnswerForm,
        variant=ActionVariant.PRIMARY,
    ),
    "uphold": Decision(
        title="Yes after all",
        explains="The appeal is right. The person is mailed a link to these words, and what we refused is taken up once more.",
        permission=MAY_DECIDE,
        fits=lambda asked: asked.state == State.VERIFIED and asked.against_id is not None,
        do=calls(appeals.uphold, "{row} is answered, and {done} is open."),
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
        do=calls(correction.note_by_hand, "Noted for {row}: {done.label}."),
        form=ReceiptForm,
    ),
    "write": Decision(
        title="Write",
        explains="The person reads it on the page of their request, and is mailed a link to it. The first message counts as our "
        "first reply.",
        permission=MAY_DECIDE,
        fits=conversation.is_open,
        do=calls(conversation.write, "Your message about {row} is on its page, and its person is told."),
        form=WriteForm,
        begins_with="template",
    ),
    **children.DECISIONS,
    "refuse": Decision(
        title="Refuse with reason",
        explains="The person is told the ground, these words, and how to appeal. Nothing is changed.",
        permission=MAY_DECIDE,
        fits=_can_be_refused,
        do=calls(requests.refuse, "{row} is refused."),
        form=RefusalForm,
        variant=ActionVariant.DANGER,
    ),
    "extend": Decision(
        title="Take more time",
        explains="The person is told these words and the new date, which is the last one the laws allow. It works once, and only "
        "before the present date.",
        permission=MAY_DECIDE,
        fits=extension.fits,
        do=calls(extension.extend, "{row} has more time."),
        form=ExtensionForm,
        is_seldom=True,
    ),
    "check_again": Decision(
        title="Check again",
        explains="The blocked steps are counted afresh and tried once more. Do this after you looked at what is in their way.",
        permission=MAY_DECIDE,
        fits=_ruled({State.PARTLY_DONE}, lambda rule: rule.kind == Kind.ERASURE),
        do=calls(erasure.check_again, "{row} is tried again."),
        variant=ActionVariant.PRIMARY,
    ),
    "take": Decision(
        title="Take it",
        explains="It lies on your desk from now on, and the reminders of its time go to you.",
        permission=MAY_DECIDE,
        fits=stands_in(OPEN),
        do=_take,
        form=DeskForm,
        is_seldom=True,
    ),
    "hand_over": Decision(
        title="Hand it over",
        explains="It lies on a colleague's desk from now on, or on nobody's.",
        permission=MAY_DECIDE,
        fits=stands_in(OPEN),
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
