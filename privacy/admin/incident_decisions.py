"""What staff do about a leak: each a button, a page and a verb of `incidents`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from unfold.enums import ActionVariant

from privacy.admin.decisions import Decision, Do, calls, stands_in
from privacy.forms import incidents as forms
from privacy.forms.pages import DecisionForm
from privacy.messages import announcements, breach
from privacy.register import scope
from privacy.rights import incidents
from privacy.rights.desk_people import MAY_HANDLE
from privacy.rights.incident_models import Incident, IncidentEntry

State, Risk, Spared = Incident.State, Incident.Risk, Incident.Spared


def is_open(incident: Incident) -> bool:
    return not incident.is_closed


def _is_untold(incident: Incident) -> bool:
    return not incident.is_closed and incident.announcement_id is None


def _note(incident: Incident, typed: dict[str, Any], by: Any, at: datetime) -> str:
    kind = IncidentEntry.Kind(typed["kind"])
    incidents.note(incident, kind=kind, text=typed["text"], happened_at=typed["happened_at"], by=by, at=at)
    return "It stands in the timeline."


def _rescope(incident: Incident, typed: dict[str, Any], by: Any, at: datetime) -> str:
    said = {name: typed[name] for name in ("targets", "processor", "start", "end", "accounts")}
    found = incidents.measure(incidents.rescope(incident, **said, by=by, at=at))
    return f"It concerns {found.people} people and {found.records} records, as far as is known."


def _weigh(incident: Incident, typed: dict[str, Any], by: Any, at: datetime) -> str:
    weighed = incidents.weigh(incident, risk=Risk(typed["risk"]), reason=typed["reason"], by=by, at=at)
    return f"{weighed.get_risk_display()}."


def _write(incident: Incident, typed: dict[str, Any], by: Any, at: datetime) -> str:
    incidents.write(incident, typed, by=by, at=at)
    return "The words are kept. Nobody was told by that."


def _spare(incident: Incident, typed: dict[str, Any], by: Any, at: datetime) -> str:
    incidents.spare_people(incident, because=Spared(typed["because"]), reason=typed["reason"], by=by, at=at)
    return "It is written down why nobody is written to."


def _finish(incident: Incident, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"Done: {incidents.finish(typed['action'], outcome=typed['outcome'], by=by, at=at).task}."


def _decision(
    title: str,
    explains: str,
    do: Do[Incident],
    *,
    fits: Callable[[Incident], bool] = is_open,
    form: type[DecisionForm] = DecisionForm,
    permission: str = MAY_HANDLE,
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Decision[Incident]:
    return Decision(title=title, explains=explains, do=do, fits=fits, form=form, permission=permission, variant=variant)


DECISIONS: Final = {
    "note": _decision(
        "Write a line",
        "It stands in the timeline for good: nobody changes it, also not you.",
        _note,
        form=forms.EntryForm,
    ),
    "rescope": _decision(
        "Say what leaked",
        "Whom it concerns is measured from this each time. Nobody is told by that.",
        _rescope,
        form=forms.ScopeForm,
        fits=_is_untold,
    ),
    "contain": _decision(
        "Contain",
        "It goes on no longer: say how, and since when.",
        calls(incidents.contain, "{row} is contained."),
        form=forms.ContainForm,
        fits=stands_in({State.OPEN}),
    ),
    "weigh": _decision(
        "Weigh the risk",
        "What you decide says who is told (GDPR Art. 33(1) and 34(1)). It may be weighed again.",
        _weigh,
        form=forms.RiskForm,
    ),
    "write": _decision(
        "Write the words",
        "The same words stand in the notice to the authority and in the mail to the people. Nobody is told by that.",
        _write,
        form=forms.WordsForm,
    ),
    "tell_authority": _decision(
        "Record a notice",
        "Authorities take notices by a form of their own, so hand this draft in there first; then record here what was handed in "
        "and when. What was not known yet follows as a further notice (Art. 33(4)).",
        calls(incidents.tell_authority, "Notice {done.number} to {done.authority} is recorded."),
        form=forms.AuthorityForm,
    ),
    "tell_people": _decision(
        "Tell the people",
        "Everybody it concerns is measured at the moment you press the button and gets this mail. It cannot be called back.",
        calls(incidents.tell_people, "{done.announcement} is on its way; its page says how far it has come."),
        fits=_is_untold,
        permission="privacy.send_announcement",
        variant=ActionVariant.DANGER,
    ),
    "spare": _decision(
        "Do not write to them",
        "Although the risk is high: the law knows three reasons (Art. 34(3)), and the authority may ask for them.",
        _spare,
        form=forms.SpareForm,
        fits=_is_untold,
    ),
    "ask": _decision(
        "Add something to do",
        "It keeps the incident open until it is done.",
        calls(incidents.ask, "To do until {done.due_on:%-d %B %Y}."),
        form=forms.TaskForm,
    ),
    "finish": _decision(
        "Finish something",
        "Say how it went: the record shows it (Art. 33(5)).",
        _finish,
        form=forms.FinishForm,
        fits=lambda incident: is_open(incident) and incident.actions.filter(done_at=None).exists(),
    ),
    "close": _decision(
        "Close",
        "Nothing is left to do about it. The record stays.",
        calls(incidents.close, "{row} is closed."),
        form=forms.CloseForm,
        variant=ActionVariant.PRIMARY,
    ),
    "reopen": _decision(
        "Open again",
        "It is not over: it has to be contained and closed once more.",
        calls(incidents.reopen, "{row} is open again."),
        form=forms.ReopenForm,
        fits=lambda incident: incident.is_closed,
    ),
}

REFUSALS: Final[dict[type[Exception], str]] = {
    incidents.Closed: "",
    incidents.NotThen: "",
    incidents.NoReason: "",
    incidents.NotStaff: "",
    incidents.ToldAlready: "",
    incidents.DoneAlready: "",
    incidents.LooseEnds: "",
    scope.Unknown: "That is not in the register.",
    announcements.Unsaid: "Some of the four texts are missing or unfinished: write the words first.",
    breach.NothingLeaked: "Nobody said what leaked yet.",
    breach.NobodyToTell: "It concerns nobody whom a mail would reach: nothing was sent. Tell them publicly (Art. 34(3)(c)).",
}
