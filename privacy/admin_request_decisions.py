"""What staff decide about a request: approve, refuse, take more time, try again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from unfold.enums import ActionVariant

from privacy.admin_decisions import Decision
from privacy.forms import ExtensionForm, RefusalForm
from privacy.rights import erasure, extension, requests
from privacy.rights.models import DataRequest, State
from privacy.rights.states import REQUEST

MAY_DECIDE: Final = "privacy.change_datarequest"


def _leading_to(state: str) -> frozenset[str]:
    return frozenset(start for start in REQUEST.table if REQUEST.allows(start, state))


def _stands_in(froms: Collection[str], *, only_erasure: bool = False) -> Callable[[DataRequest], bool]:
    return lambda asked: asked.state in froms and (asked.is_erasure or not only_erasure)


def _approve(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{requests.approve(asked, by=by, at=at)} is approved."


def _refuse(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{requests.refuse(asked, reason=typed['reason'], by=by, at=at)} is refused."


def _extend(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{extension.extend(asked, reason=typed['reason'], by=by, at=at)} has more time."


def _check_again(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    erasure.check_again(asked, by=by, at=at)
    return f"{asked} is tried again."


DECISIONS: Final = {
    "approve": Decision(
        title="Approve",
        explains="The account is locked for purchases at once, the person is told what stays and why, and the grace runs. "
        "Until it ends they can take it back; then the worker carries the plan out.",
        permission=MAY_DECIDE,
        fits=_stands_in(_leading_to(State.APPROVED), only_erasure=True),
        do=_approve,
        variant=ActionVariant.PRIMARY,
    ),
    "refuse": Decision(
        title="Refuse with reason",
        explains="The person is told these words, and how to object. Nothing is changed.",
        permission=MAY_DECIDE,
        fits=_stands_in(_leading_to(State.REFUSED)),
        do=_refuse,
        form=RefusalForm,
        variant=ActionVariant.DANGER,
    ),
    "extend": Decision(
        title="Take more time",
        explains="The person is told these words and the new date, which is the last one the laws allow. It works once, and only "
        "before the present date.",
        permission=MAY_DECIDE,
        fits=_stands_in(extension.EXTENDABLE),
        do=_extend,
        form=ExtensionForm,
    ),
    "check_again": Decision(
        title="Check again",
        explains="The blocked steps are counted afresh and tried once more. Do this after you looked at what is in their way.",
        permission=MAY_DECIDE,
        fits=_stands_in({State.PARTLY_DONE}, only_erasure=True),
        do=_check_again,
    ),
}

REFUSALS: Final[dict[type[Exception], str]] = {
    requests.OwnRequest: "This is your own request. Somebody else decides about it.",
    extension.Once: "It was given more time before. The law knows no second time.",
    extension.TooLate: "Its time has run: more time had to be told before that.",
}
