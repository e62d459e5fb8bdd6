"""`/privacy/request/`: asking without an account, for oneself or for somebody else, and the two questions that show who asks.

What a visitor sees never depends on whose address was typed. What follows by the links of the mails is `views.guests`.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from privacy.consent import pace
from privacy.forms import language
from privacy.forms.intake import AgentForm, AskForm, FactsForm
from privacy.ground import states
from privacy.register import subjects
from privacy.rights import agents, facts, intake, kinds, links
from privacy.rights.kinds import Kind, Proof, Rule
from privacy.rights.models import DataRequest
from privacy.views.guests import keyed

PER_HOUR: Final = 10
FACTS_PER_HOUR: Final = 20
WRONG: Final = "This does not fit together with an order of yours. Look at your order's confirmation, then try again."
SHELVES: Final = (
    ("See it, take it along", (Kind.ACCESS, Kind.PORTABILITY, Kind.CATEGORIES, Kind.SHINE_THE_LIGHT)),
    ("Have it erased or put right", (Kind.ERASURE, Kind.CORRECTION)),
    ("Stop a use of it", (Kind.OBJECTION, Kind.RESTRICTION, Kind.WITHDRAWAL, Kind.OPT_OUT, Kind.LIMIT)),
    ("For a child", (Kind.CHILD_REPORT, Kind.PARENTAL)),
    ("Write to us", (Kind.QUESTION, Kind.COMPLAINT)),
)
"""Everything somebody without an account can ask for, in the order of the page."""


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, kind: str = "") -> HttpResponse:
    """What one can ask for, each with its form. The same answer follows whatever was typed."""
    rule = _rule(kind or request.POST.get("kind", ""))
    if rule is None and kind:
        raise Http404
    if rule is None:
        shown = {"shelves": [(title, [kinds.rule(each) for each in shelf]) for title, shelf in SHELVES]}
        is_lost = request.method == "POST"
        return render(request, "privacy/request.html", shown | {"is_lost": is_lost}, status=400 if is_lost else 200)
    spoken = {"language": language.expected(request)}
    form = AskForm(request.POST if request.method == "POST" else None, kind=rule.kind, initial=spoken)
    if not form.is_valid():
        return render(request, "privacy/ask.html", {"form": form, "rule": rule}, status=400 if form.is_bound else 200)
    if pace.too_many(request, "privacy-form", an_hour=PER_HOUR):
        return render(request, "privacy/too_many.html", status=429)
    typed = form.cleaned_data
    intake.ask(
        rule.kind, address=typed["email"], wishes=form.wishes, language=typed.get("language", ""), at=timezone.now()
    )
    return redirect("privacy:taken" if rule.proof is Proof.NOTHING else "privacy:asked")


@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_somebody(request: HttpRequest, kind: str = "") -> HttpResponse:
    """The same for somebody else, with their written permission."""
    rule = _rule(kind)
    if rule is None and kind:
        raise Http404
    if rule is None:
        shown = {
            "shelves": [(title, [kinds.rule(each) for each in shelf]) for title, shelf in SHELVES],
            "is_agent": True,
        }
        return render(request, "privacy/request.html", shown)
    typed: tuple[Any, ...] = (request.POST, request.FILES) if request.method == "POST" else ()
    form = AgentForm(*typed, kind=rule.kind)
    if not form.is_valid():
        shown = {"form": form, "rule": rule, "is_agent": True}
        return render(request, "privacy/ask.html", shown, status=400 if form.is_bound else 200)
    if pace.too_many(request, "privacy-form", an_hour=PER_HOUR):
        return render(request, "privacy/too_many.html", status=429)
    typed_in = form.cleaned_data
    agents.ask(rule.kind, address=typed_in["email"], mandate=form.mandate, wishes=form.wishes, at=timezone.now())
    return redirect("privacy:agent_asked")


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """What happens next, for everybody alike."""
    return render(request, "privacy/asked.html")


@require_safe
def taken(request: HttpRequest) -> HttpResponse:
    """The same where nobody has to prove anything."""
    return render(request, "privacy/taken.html")


@require_safe
def agent_asked(request: HttpRequest) -> HttpResponse:
    """The same for whoever asks for somebody else."""
    return render(request, "privacy/agent_asked.html")


@keyed(links.Use.FACTS)
def tell_facts(request: HttpRequest, asked_for: DataRequest) -> HttpResponse:
    """Two questions about an order. The page never says which answer was wrong."""
    now, asked = timezone.now(), facts.asked_of(asked_for)
    if not intake.awaits_facts(asked_for):
        return render(request, "privacy/link_over.html", {"why": "used"}, status=410)
    if until := facts.stopped_until(subjects.family(asked_for.subject), at=now):
        return _stopped(request, asked_for, facts.Stopped(until))
    form = FactsForm(request.POST if request.method == "POST" else None, facts=asked)
    shown = {"form": form, "asked": asked_for, "about": asked.of if asked else ""}
    if not form.is_valid():
        return render(request, "privacy/facts.html", shown, status=400 if form.is_bound else 200)
    if pace.too_many(request, "privacy-facts", an_hour=FACTS_PER_HOUR):
        return render(request, "privacy/too_many.html", status=429)
    try:
        standing = intake.answer_facts(asked_for.pk, form.cleaned_data, at=now)
    except facts.Wrong:
        form.add_error(None, WRONG)
        return render(request, "privacy/facts.html", shown, status=400)
    except facts.Stopped as stopped:
        return _stopped(request, asked_for, stopped)
    except (intake.AlreadyUsed, states.Changed):
        return render(request, "privacy/link_over.html", {"why": "used"}, status=410)
    return redirect(links.path(standing, links.Use.FOLLOW))


def _stopped(request: HttpRequest, asked_for: DataRequest, stopped: facts.Stopped) -> HttpResponse:
    shown = {"asked": asked_for, "until": stopped.until}
    return render(request, "privacy/facts_stopped.html", shown, status=429)


def _rule(kind: str) -> Rule | None:
    """The kind of that name, where somebody without an account can ask for it."""
    rule = kinds.KINDS.get(Kind(kind)) if kind in Kind.values else None
    return rule if rule and rule.is_for_guests else None
