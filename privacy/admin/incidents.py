"""The desk's page for leaks: the 72 hours, whom it concerns, both notices, and what keeps it open. One incident on one page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from privacy.admin import due as dates
from privacy.admin.announcements import shown
from privacy.admin.decisions import Decides, Decision
from privacy.admin.incident_decisions import DECISIONS, REFUSALS
from privacy.admin.lists import staff
from privacy.admin.masks import Evidence
from privacy.forms.incidents import AuthorityForm, OpenForm
from privacy.ground.models import AuditEvent
from privacy.messages import breach
from privacy.register import registry, scope
from privacy.rights import incident_alarms, incident_notices, incidents
from privacy.rights.desk_people import MAY_HANDLE
from privacy.rights.incident_models import Incident

COLOURS: Final = {"open": "danger", "contained": "warning", "closed": "success"}
MEASURED: Final = ("tell_authority", "tell_people")
"""The pages that say whom it concerns, measured when they are opened."""
#: Which buttons stand on which card of the page.
BESIDE: Final = {
    "leaked": ("rescope", "contain", "weigh"),
    "words": ("write",),
    "authorities": ("tell_authority",),
    "people": ("tell_people", "spare"),
    "actions": ("ask", "finish"),
    "timeline": ("note",),
}


def warn_of_incidents(request: HttpRequest) -> None:
    """Say of which leaks no authority has heard: how long they still may take, or how late it is."""
    now = timezone.now()
    for incident in incident_alarms.unheard_of():
        url = reverse("admin:privacy_incident_change", args=[incident.pk])
        is_late = incident.due_at < now
        left = timesince(incident.due_at, now, depth=2) if is_late else timeuntil(incident.due_at, now, depth=2)
        words = "no authority was told, {} late." if is_late else "no authority was told yet, {} are left."
        say = messages.error if is_late else messages.warning
        say(request, format_html('<a class="desk__link" href="{}">{}</a>: ' + words, url, incident, left))


@admin.register(Incident)
class IncidentAdmin(Decides, Evidence):
    """Every leak, the latest first."""

    warnings = (warn_of_incidents,)
    list_display = ("reference", "title", "state_label", "noticed_at", "authority_due", "risk", "left_to_do")
    list_filter = ("state", "risk")
    search_fields = ("=reference",)
    ordering = ("-noticed_at",)
    decisions = DECISIONS
    refusals = REFUSALS
    decide_template = "admin/privacy/incident_decide.html"
    change_form_after_template = "admin/privacy/incident.html"
    actions_list = ("open_incident",)
    fieldsets = (
        (None, {"fields": ("reference", "title", "state", "noticed_at", "opened_at", "contained_at", "closed_at")}),
        ("Who is told", {"fields": ("authority_due", "how_due", "risk", "risk_reason", "spared", "spared_reason")}),
        ("Learned", {"fields": ("lessons",)}),
    )

    def has_open_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(MAY_HANDLE))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One incident on one page: what is left, what leaked, both notices, what to do, its timeline, its trail."""
        incident = self.get_object(request, object_id)
        told = self._told(request, incident) if isinstance(incident, Incident) else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})
        return page

    @action(
        description="Open an incident",
        url_path="open",
        permissions=["open"],
        variant=ActionVariant.DANGER,
    )
    def open_incident(self, request: HttpRequest) -> HttpResponse:
        """Write a leak down; its 72 hours run from when it was noticed."""
        form = OpenForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (made := _opened(form, request)):
            messages.success(request, f"{made} is open: an authority has to hear of it by {dates.moment(made.due_at)}.")
            return HttpResponseRedirect(reverse("admin:privacy_incident_change", args=[made.pk]))
        context = {**self.admin_site.each_context(request), "title": "Open an incident", "opts": self.opts}
        back = reverse("admin:privacy_incident_changelist")
        return render(request, "admin/privacy/incident_open.html", {**context, "form": form, "back": back})

    def describe(self, row: Incident) -> str:
        """What it is, how far it is, and until when an authority has to hear of it."""
        return f"{row.title}: {row.get_state_display().lower()}, the authority by {dates.moment(row.due_at)}"

    def decision_context(self, request: HttpRequest, row: Incident, decision: Decision[Any]) -> dict[str, Any]:
        """Whom it concerns, where that matters; and the mail, where people are told."""
        name = next(name for name, each in self.decisions.items() if each is decision)
        if name not in MEASURED:
            return {}
        count = incidents.measure(row)
        if name == "tell_people":
            return {"count": count, **shown(*incident_notices.for_people(row, count))}
        return {"count": count, **(_drafted(row, count) if request.method == "GET" else {})}

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, incident: Incident) -> tuple[str, str]:
        return incident.state, incident.get_state_display()

    @display(description="authority by", ordering="due_at")
    def authority_due(self, incident: Incident) -> str:
        now = timezone.now()
        if incident.is_closed or not incident.is_authoritys or incident.notices.exists():
            return dates.moment(incident.due_at)
        late, words = incident.due_at < now, timesince(incident.due_at, now, depth=2)
        left = f"{words} late" if late else f"in {timeuntil(incident.due_at, now, depth=2)}"
        css = "due due--late" if late else "due due--soon"
        return format_html('<span class="{}">{} ({})</span>', css, dates.moment(incident.due_at), left)

    @display(description="how that date came about")
    def how_due(self, incident: Incident) -> str:
        return " ".join(f"{each['source']}: {each['words']}" for each in incident.derivation)

    @display(description="left to do")
    def left_to_do(self, incident: Incident) -> int | str:
        return "" if incident.is_closed else len(incidents.loose_ends(incident))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The head of the page closes or opens it again; every other button stands beside what it is about."""
        every: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in every if each.action_name.endswith(("_close", "_reopen"))]

    def _told(self, request: HttpRequest, incident: Incident) -> dict[str, Any]:
        """The cards under the incident."""
        trail = AuditEvent.objects.about(incident.reference)[:200]
        return {
            "incident": incident,
            "buttons": {card: self._buttons(request, incident, names) for card, names in BESIDE.items()},
            "loose_ends": [] if incident.is_closed else incidents.loose_ends(incident),
            "leaked": _leaked(incident),
            "words": [(label, incident.words.get(name, "")) for name, label in breach.WORDS.items()],
            "notices": _table(
                ["Handed in", "Authority", "No.", "Its reference", "Why late"],
                [
                    [dates.moment(each.told_at), each.authority, each.number, each.receipt, each.late_because]
                    for each in incident.notices.all()
                ],
            ),
            "actions": _table(
                ["What", "Who", "Until", "Done", "How it went"],
                [
                    [
                        each.task,
                        each.owner,
                        f"{each.due_on:%-d %B %Y}",
                        dates.moment(each.done_at),
                        each.outcome,
                    ]
                    for each in incident.actions.all()
                ],
            ),
            "timeline": _table(
                ["When", "What", ""],
                [
                    [dates.moment(each.happened_at), each.get_kind_display(), each.text]
                    for each in incident.entries.all()
                ],
            ),
            "trail": _table(
                ["When", "What", "By"], [[f"{each.at:%Y-%m-%d %H:%M:%S}", each.event, each.actor] for each in trail]
            ),
        }

    def _buttons(self, request: HttpRequest, incident: Incident, names: Iterable[str]) -> list[tuple[str, str]]:
        """Those pages among *names* that may be opened now: title and address."""
        chosen = [(name, self.decisions[name]) for name in names]
        return [
            (decision.title, reverse(f"admin:privacy_incident_{name}", args=[incident.pk]))
            for name, decision in chosen
            if decision.fits(incident) and request.user.has_perm(decision.permission)
        ]


def _opened(form: OpenForm, request: HttpRequest) -> Incident | None:
    """Call the verb; what it refuses is told on the form."""
    try:
        return incidents.open(**form.cleaned_data, by=staff(request), at=timezone.now())
    except (incidents.NotThen, incidents.NotStaff) as refused:
        form.add_error(None, str(refused))
    except scope.Unknown as unknown:
        form.add_error(None, f"{unknown} is not in the register.")
    return None


def _drafted(incident: Incident, count: breach.Count) -> dict[str, Any]:
    """The form with the draft of this moment in it."""
    form = AuthorityForm(row=incident)
    form.suggest(count, at=timezone.now())
    return {"form": form}


def _leaked(incident: Incident) -> list[str]:
    """What leaked, in words; nobody is counted for it."""
    said = incident.scope
    lines = [declaration.label for target in said["targets"] if (declaration := registry.find(target))]
    lines += [f"Everything that {registry.processor(said['processor']).name} receives"] if said["processor"] else []
    lines += [f"Whatever {actor} looked at" for actor in incidents.actors(incident)]
    if said["start"]:
        start, end = (dates.moment(datetime.fromisoformat(said[name])) for name in ("start", "end"))
        lines.append(f"Only what was made or seen from {start} to {end}")
    return lines


def _table(headers: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    return {"headers": headers, "rows": [[cell or "" for cell in row] for row in rows]}
