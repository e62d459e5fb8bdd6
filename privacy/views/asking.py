"""Taking requests in without an account, beyond the form itself: two facts that show who asks."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from privacy.forms_intake import FactsForm
from privacy.ground import states
from privacy.register import subjects
from privacy.rights import facts, intake, links
from privacy.rights.models import DataRequest
from privacy.views import pace
from privacy.views.guests import keyed

PER_HOUR: Final = 20
WRONG: Final = "This does not fit together with an order of yours. Look at your order's confirmation, then try again."


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
    if pace.too_many(request, "privacy-facts", an_hour=PER_HOUR):
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
