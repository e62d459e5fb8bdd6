"""A leak of personal data, from the moment it was noticed until nothing is left to do about it (GDPR Art. 33 and 34).

Opening starts the 72 hours. Then, in any order: write down what is found out, contain it, weigh the risk, say in words what
everybody is told, tell the authority, tell the people, and do what has to be done. `close` refuses while any of that is missing and
says what.

Whom it concerns is `measure`d afresh each time and never stored. Only telling the people sends anything; an authority takes notices
by its own form, so `tell_authority` records what was handed in. Not here: how the mails leave (`messages.breach`), the drafts
(`rights.incident_notices`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.contrib.auth import get_user_model
from django.db import transaction

from privacy.ground import audit, references, states
from privacy.messages import breach
from privacy.register.models import Subject
from privacy.rights import clock, incident_alarms
from privacy.rights.incident_models import AuthorityNotice, Incident, IncidentAction, IncidentEntry, MisusedAccount

INCIDENT: Final = states.Machine(
    "incident", {"open": {"contained"}, "contained": {"open", "closed"}, "closed": {"open"}}
)
SEVENTY_TWO: Final = clock.Hours(72, since="Noticed")
SOURCE: Final = "GDPR Art. 33(1)"
DESK: Final = "privacy desk"
#: What every leak asks for: keeps the incident open until somebody wrote down how it went. Days from when it was noticed.
FIRST_ACTIONS: Final = (
    ("Stop it: close the hole, end the sessions, change the keys", 1),
    ("Keep what shows how it happened: logs, the trail, mails", 1),
    ("Find out how it came about", 7),
    ("Make sure it cannot happen again", 30),
)

State, Risk = Incident.State, Incident.Risk


class Closed(Exception):
    """Nothing is changed on it any more, unless it is opened again."""


class NotThen(ValueError):
    """A moment that cannot be: to come, or before it was noticed."""


class NoReason(ValueError):
    """Whoever decides says why."""


class ReasonForDelay(NoReason):
    """A notice later than 72 hours says why (Art. 33(1))."""


class NotStaff(ValueError):
    """Nobody who works here has this account."""


class ToldAlready(Exception):
    """The people were told, or it was decided why not."""


class DoneAlready(Exception):
    """The action was finished before."""


class LooseEnds(Exception):
    """What still has to happen before it can be closed."""

    def __init__(self, ends: Sequence[str]) -> None:
        super().__init__("; ".join(ends))
        self.ends = list(ends)


@transaction.atomic
def open(  # noqa: A001 - reads as incidents.open(...)
    title: str,
    *,
    noticed_at: datetime,
    targets: Sequence[str] = (),
    processor: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    accounts: Iterable[Subject] = (),
    by: audit.Actor,
    at: datetime,
) -> Incident:
    """Write a leak down; its 72 hours run from when it was noticed. *Raises* `NotThen`, `NotStaff`, `scope.Unknown`.

    What leaked may still be unknown: `rescope` says it when it is found out.
    """
    if noticed_at > at:
        raise NotThen("Nobody has noticed it yet at that moment")
    due = SEVENTY_TWO.due(noticed_at, clock.of_the_shop())
    incident = Incident.objects.create(
        reference=references.new("INC"),
        title=title.strip(),
        scope=breach.written(targets, processor=processor, start=start, end=end),
        noticed_at=noticed_at,
        opened_at=at,
        due_at=due.at,
        derivation=[{"source": SOURCE, **due.as_record(governs=True)}],
    )
    _name_accounts(incident, accounts, at=at)
    for task, days in FIRST_ACTIONS:
        due_on = clock.of_the_shop().local(noticed_at + timedelta(days=days)).date()
        IncidentAction.objects.create(incident=incident, task=task, owner=DESK, due_on=due_on, created_at=at)
    audit.append("incident.opened", obj=incident, details={"targets": list(targets)}, by=by, at=at)
    incident_alarms.ring(incident, by=by, at=at)
    return incident


@transaction.atomic
def rescope(
    incident: Incident,
    *,
    targets: Sequence[str] = (),
    processor: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    accounts: Iterable[Subject] = (),
    by: audit.Actor,
    at: datetime,
) -> Incident:
    """Say anew what leaked and whose accounts were misused. *Raises* `Closed`, `NotStaff`, `ToldAlready`, `scope.Unknown`."""
    incident = _locked(incident)
    if incident.announcement_id:
        raise ToldAlready("The people were told by what was known then: open another incident for the rest")
    incident.scope = breach.written(targets, processor=processor, start=start, end=end)
    incident.save(update_fields=["scope"])
    incident.accounts.all().delete()
    _name_accounts(incident, accounts, at=at)
    audit.append("incident.rescoped", obj=incident, details={"targets": list(targets)}, by=by, at=at)
    return incident


@transaction.atomic
def note(
    incident: Incident, *, kind: IncidentEntry.Kind, text: str, happened_at: datetime, by: audit.Actor, at: datetime
) -> IncidentEntry:
    """Write a line into its timeline. *Raises* `Closed`, `NotThen`, `NoReason` for one that says nothing."""
    incident = _locked(incident)
    if happened_at > at:
        raise NotThen("That has not happened yet")
    entry = IncidentEntry.objects.create(
        incident=incident, kind=kind, text=_said(text), happened_at=happened_at, written_at=at
    )
    audit.append("incident.noted", obj=incident, details={"kind": str(kind)}, by=by, at=at)
    return entry


@transaction.atomic
def contain(incident: Incident, *, how: str, contained_at: datetime, by: audit.Actor, at: datetime) -> Incident:
    """It goes on no longer, perhaps since before anybody noticed. *Raises* `NotThen`, `NoReason`, `states.NotAllowed`."""
    incident = _locked(incident)
    incident.contained_at = contained_at
    incident.save(update_fields=["contained_at"])
    INCIDENT.advance(incident, State.CONTAINED, by=by, at=at)
    note(incident, kind=IncidentEntry.Kind.CONTAINED, text=how, happened_at=contained_at, by=by, at=at)
    return incident


@transaction.atomic
def weigh(incident: Incident, *, risk: Incident.Risk, reason: str, by: audit.Actor, at: datetime) -> Incident:
    """Decide how much it may harm people, which decides who is told. *Raises* `Closed`, `NoReason`."""
    incident = _locked(incident)
    incident.risk, incident.risk_reason = risk, _said(reason)
    incident.save(update_fields=["risk", "risk_reason"])
    note(incident, kind=IncidentEntry.Kind.DECIDED, text=f"{risk.label}. {reason}", happened_at=at, by=by, at=at)
    return incident


@transaction.atomic
def write(incident: Incident, words: Mapping[str, str], *, by: audit.Actor, at: datetime) -> Incident:
    """Put into words what both notices say; what is not known yet stays empty. *Raises* `Closed`."""
    incident = _locked(incident)
    incident.words = {name: words.get(name, "").strip() for name in breach.WORDS}
    incident.save(update_fields=["words"])
    audit.append("incident.worded", obj=incident, by=by, at=at)
    return incident


def measure(incident: Incident) -> breach.Count:
    """Whom it concerns now: by the register, and by what misused accounts looked at. Changes and sends nothing."""
    return breach.reach(incident.scope, looked=actors(incident))


def actors(incident: Incident) -> list[str]:
    """The misused accounts, as the audit trail names them."""
    return sorted(incident.accounts.values_list("actor", flat=True))


@transaction.atomic
def tell_authority(
    incident: Incident,
    *,
    authority: str,
    text: str,
    told_at: datetime,
    receipt: str = "",
    late_because: str = "",
    by: audit.Actor,
    at: datetime,
) -> AuthorityNotice:
    """Record the notice that was handed in to an authority, word for word. A further one is a phase more (Art. 33(4)).

    *Raises* `Closed`, `NotThen`, `ReasonForDelay`, `NoReason` without words.
    """
    incident = _locked(incident)
    if not incident.noticed_at <= told_at <= at:
        raise NotThen("The notice was handed in after the leak was noticed, and before now")
    before = incident.notices.filter(authority=authority.strip()).count()
    if not before and told_at > incident.due_at and not late_because.strip():
        raise ReasonForDelay("A notice later than 72 hours says why it is late")
    made = AuthorityNotice.objects.create(
        incident=incident,
        authority=_said(authority),
        number=before + 1,
        text=_said(text),
        receipt=receipt.strip(),
        late_because=late_because.strip(),
        told_at=told_at,
        written_at=at,
    )
    _told(incident, f"{made.authority}, notice {made.number}", told_at, by=by, at=at)
    return made


@transaction.atomic
def tell_people(incident: Incident, *, by: audit.Actor, at: datetime) -> Incident:
    """Write to everybody it concerns, measured at this moment. *Writes* the ledger; rings.

    *Raises* `Closed`, `ToldAlready`, `announcements.Unsaid`, `breach.NothingLeaked`, `breach.NobodyToTell`.
    """
    incident = _locked(incident)
    _refuse_told(incident)
    said, looked = incident.scope, actors(incident)
    window = {name: datetime.fromisoformat(said[name]) if said[name] else None for name in ("start", "end")}
    draft = breach.draft(
        targets=said["targets"],
        processor=said["processor"],
        words=incident.words,
        looked=bool(looked),
        by=by,
        at=at,
        **window,
    )
    incident.announcement = breach.send(draft, looked=looked, by=by, at=at)
    incident.save(update_fields=["announcement"])
    _told(incident, f"The people concerned ({draft.reference})", at, by=by, at=at)
    return incident


@transaction.atomic
def spare_people(
    incident: Incident, *, because: Incident.Spared, reason: str, by: audit.Actor, at: datetime
) -> Incident:
    """Decide that people are not written to although the risk is high. *Raises* `Closed`, `ToldAlready`, `NoReason`."""
    incident = _locked(incident)
    _refuse_told(incident)
    incident.spared, incident.spared_reason = because, _said(reason)
    incident.save(update_fields=["spared", "spared_reason"])
    note(incident, kind=IncidentEntry.Kind.DECIDED, text=f"{because.label}. {reason}", happened_at=at, by=by, at=at)
    return incident


@transaction.atomic
def ask(incident: Incident, *, task: str, owner: str, due_on: date, by: audit.Actor, at: datetime) -> IncidentAction:
    """Something to do before it can be closed. *Raises* `Closed`, `NoReason` for one that says nothing."""
    incident = _locked(incident)
    action = IncidentAction.objects.create(
        incident=incident, task=_said(task), owner=_said(owner), due_on=due_on, created_at=at
    )
    audit.append("incident.action_asked", obj=incident, details={"action": action.pk}, by=by, at=at)
    return action


@transaction.atomic
def finish(action: IncidentAction, *, outcome: str, by: audit.Actor, at: datetime) -> IncidentAction:
    """It is done, and how it went. *Raises* `Closed`, `DoneAlready`, `NoReason`."""
    incident = _locked(action.incident)
    if not IncidentAction.objects.filter(pk=action.pk, done_at=None).update(done_at=at, outcome=_said(outcome)):
        raise DoneAlready(f"{action.task} was finished before")
    audit.append("incident.action_done", obj=incident, details={"action": action.pk}, by=by, at=at)
    action.refresh_from_db()
    return action


def loose_ends(incident: Incident) -> list[str]:
    """What keeps it open, in words; nothing when it may be closed."""
    is_told = bool(incident.announcement_id or incident.spared)
    lacking = [breach.WORDS[name] for name in breach.WORDS if not incident.words.get(name)]
    ends = [
        ("It is not contained", not incident.contained_at),
        ("Nobody weighed the risk", not incident.risk),
        ("No authority was told", incident.is_authoritys and not incident.notices.exists()),
        ("The people were not told", incident.risk == Risk.HIGH and not is_told),
        (f"Still to be said: {', '.join(lacking)}", incident.is_authoritys and bool(lacking)),
    ]
    todo = incident.actions.filter(done_at=None).values_list("task", flat=True)
    return [words for words, is_loose in ends if is_loose] + [f"To do: {task}" for task in todo]


@transaction.atomic
def close(incident: Incident, *, lessons: str, by: audit.Actor, at: datetime) -> Incident:
    """Nothing is left to do about it. *Raises* `Closed`, `LooseEnds`, `NoReason` without what was learned."""
    incident = _locked(incident)
    if ends := loose_ends(incident):
        raise LooseEnds(ends)
    incident.lessons, incident.closed_at = _said(lessons), at
    incident.save(update_fields=["lessons", "closed_at"])
    return INCIDENT.advance(incident, State.CLOSED, by=by, at=at)


@transaction.atomic
def reopen(incident: Incident, *, reason: str, by: audit.Actor, at: datetime) -> Incident:
    """It goes on after all: contain it again, and close it again. *Raises* `NoReason`, `states.NotAllowed`."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    INCIDENT.advance(incident, State.OPEN, by=by, at=at)
    incident.contained_at = incident.closed_at = None
    incident.save(update_fields=["contained_at", "closed_at"])
    note(incident, kind=IncidentEntry.Kind.FOUND, text=f"Opened again: {_said(reason)}", happened_at=at, by=by, at=at)
    return incident


def untold(at: datetime) -> list[Incident]:
    """Incidents whose 72 hours have run without a notice to any authority although it should have heard."""
    return list(incident_alarms.unheard_of().filter(due_at__lt=at))


# Inside


def _locked(incident: Incident) -> Incident:
    """The row as it is now, for us alone. *Raises* `Closed`."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if incident.is_closed:
        raise Closed(f"{incident} is closed: open it again first")
    return incident


def _name_accounts(incident: Incident, accounts: Iterable[Subject], *, at: datetime) -> None:
    for subject in accounts:
        staff = get_user_model()._default_manager.filter(subject_id=subject.pk, is_staff=True).first()
        if staff is None:
            raise NotStaff(f"{subject} has no account of staff")
        MisusedAccount.objects.create(incident=incident, subject=subject, actor=audit.actor(staff), added_at=at)


def _refuse_told(incident: Incident) -> None:
    if incident.announcement_id:
        raise ToldAlready("The people were told already")


def _told(incident: Incident, whom: str, told_at: datetime, *, by: audit.Actor, at: datetime) -> None:
    note(incident, kind=IncidentEntry.Kind.TOLD, text=whom, happened_at=told_at, by=by, at=at)


def _said(text: str) -> str:
    """The words, which must be there. *Raises* `NoReason`."""
    if not text.strip():
        raise NoReason("Say it in words")
    return text.strip()
