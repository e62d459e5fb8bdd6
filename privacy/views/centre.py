"""`/account/privacy/`: what is held, what was agreed to, who received it, who looked, and every request. For people signed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from privacy.consent import ledger
from privacy.consent.vocabulary import Surface
from privacy.register import disclosures, objections, subjects
from privacy.rights import conversation, letter, looks, overview, restriction, timeline
from privacy.rights.models import DataRequest
from privacy.views.people import SignedIn

LOOKS_SHOWN: Final = 10
WORDS_SHOWN: Final = 4
REQUESTS_SHOWN: Final = 20
COPIES_SHOWN: Final = timedelta(days=7)
"""How long a copy that was made stays on the page with its steps, fetched or not."""


@require_safe
@login_required
def centre(request: SignedIn) -> HttpResponse:
    """The ledger: what we hold, kind by kind, and the requests."""
    now, person = timezone.now(), request.user.subject
    family = subjects.family(person)
    held = overview.of(family, at=now)
    asked = _requests(family)
    at_length = [each for each in asked if _is_at_length(each, now)]
    shown = {
        "overview": held,
        "set_aside": restriction.of(family),
        "stopped": objections.in_words(family),
        "ring_words": f"{held.going} of {held.whole} can go today",
        "requests": [told(each, request=request, now=now) for each in at_length],
        "ended": [each for each in asked if each not in at_length],
        "agreed": [state for state in ledger.standing(person).values() if state.is_granted],
        "said": ledger.history(person)[:WORDS_SHOWN],
        "looks": looks.of(family, most=LOOKS_SHOWN),
        "received": disclosures.received(family),
        "is_elsewhere": subjects.is_typed_elsewhere(person, value=request.user.email),
    }
    return render(request, "privacy/centre.html", shown)


@require_POST
@login_required
def take_back(request: SignedIn) -> HttpResponse:
    """Switch off one thing that was agreed to: as easy as saying yes was (GDPR Art. 7(3))."""
    person, wanted = request.user.subject, request.POST.get("state", "")
    standing = ledger.standing(person)
    thing = next((thing for thing, state in standing.items() if str(state.pk) == wanted and state.is_granted), None)
    if thing is None:
        messages.info(request, "It was switched off before.")
    else:
        by, at = request.user, timezone.now()
        ledger.withdraw(
            person, thing.matter, channel=thing.channel, about=thing.about, surface=Surface.PREFERENCES, by=by, at=at
        )
        messages.success(request, "Switched off. It counts from now on, and you can agree again in your preferences.")
    return redirect(f"{reverse('privacy:centre')}#agreed")


@require_POST
@login_required
def use_again(request: SignedIn) -> HttpResponse:
    """End the restriction that the person asked for: their word alone, at any time."""
    if restriction.end(request.user.subject, by=request.user, at=timezone.now()):
        messages.success(request, "Your data are used again, for what you allowed before.")
    return redirect("privacy:centre")


def told(asked: DataRequest, *, request: SignedIn, now: datetime) -> dict[str, object]:
    """One request as its person reads it: its steps, its copy, what it waits for."""
    package = getattr(asked, "package", None)
    return {
        "request": asked,
        "steps": timeline.of(asked),
        "left": package.left(now) if package else 0,
        "package": package,
        "transfers": list(package.transfers.all()) if package else [],
        "waiting": letter.waiting(asked, at=now),
        "unread": conversation.unread(asked, by=request.user),
    }


def _requests(family: list[UUID]) -> list[DataRequest]:
    every = (
        DataRequest.objects.of(family)
        .select_related("package", "joined_to", "subject")
        .prefetch_related("steps", "package__transfers")
    )
    return list(every.order_by("-received_at")[:REQUESTS_SHOWN])


def _is_at_length(asked: DataRequest, now: datetime) -> bool:
    """Whether it stands on the page with its steps: it is open, or its copy was made lately."""
    package = getattr(asked, "package", None)
    return asked.is_open or (package is not None and package.built_at > now - COPIES_SHOWN)
