"""What staff decide about a report of a child: it is one, and everything goes; it is none; a parent sees what there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from unfold.enums import ActionVariant

from privacy.admin.decisions import Decision, calls
from privacy.forms.children import ChildForm, WhichChildForm
from privacy.rights import child_reports
from privacy.rights.desk_people import MAY_DECIDE
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest, State


def _is(*kinds: str) -> Callable[[DataRequest], bool]:
    return lambda asked: asked.state == State.VERIFIED and asked.kind in kinds


def _confirm(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    case = child_reports.confirm(asked, address=typed["address"], how=typed["how"], by=by, at=at)
    return f"{asked}: {case.get_finding_display()}."


def _dismiss(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{asked}: {child_reports.dismiss(asked, by=by, at=at).get_finding_display()}."


DECISIONS: Final = {
    "is_a_child": Decision(
        title="It is a child: delete now",
        explains="Everybody who proved this address, else every record on which it was typed, is set aside and erased now, without "
        "a grace and without a mail to them. The address is refused from now on. The parent is told where one can be reached, "
        "and whoever reported it that we looked. This cannot be taken back.",
        permission=MAY_DECIDE,
        fits=_is(*child_reports.KINDS),
        do=_confirm,
        form=ChildForm,
        variant=ActionVariant.DANGER,
    ),
    "shows_parent": Decision(
        title="Show the parent a copy",
        explains="You are sure that this is the parent. A copy of what we hold under the child's address is made, and a link to it "
        "is mailed to them.",
        permission=MAY_DECIDE,
        fits=_is(Kind.PARENTAL),
        do=calls(child_reports.show, "{row}: a link to the copy is mailed to the parent."),
        form=WhichChildForm,
    ),
    "is_no_child": Decision(
        title="It is no child",
        explains="Nothing is done to whom it is about. Whoever reported it is told that we looked into it.",
        permission=MAY_DECIDE,
        fits=_is(Kind.CHILD_REPORT),
        do=_dismiss,
    ),
}
REFUSALS: Final[dict[type[Exception], str]] = {
    child_reports.NotHeld: "We hold nothing under this address.",
}
