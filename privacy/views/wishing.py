"""`/account/privacy/ask/`: everything one can ask for, and the page behind each. For people signed in.

A copy and an erasure have pages of their own, because there is something to read first. What one click does elsewhere is led to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from privacy.forms.own import OwnWishForm
from privacy.ground import audit
from privacy.register import disclosures, subjects
from privacy.rights import deadlines, identity, kinds, planning, reasons, requests
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.kinds import Kind, Proof
from privacy.rights.models import Channel, DataRequest, ExportPackage, StepKind
from privacy.views.people import SignedIn
from privacy.words import span

GROUPS: Final[tuple[tuple[str, tuple[Kind, ...]], ...]] = (
    ("See it, take it along", (Kind.ACCESS, Kind.PORTABILITY, Kind.CATEGORIES, Kind.SHINE_THE_LIGHT)),
    ("Put it right, or have it gone", (Kind.CORRECTION, Kind.ERASURE, Kind.DEACTIVATION)),
    (
        "Have it used less",
        (Kind.OBJECTION, Kind.WITHDRAWAL, Kind.RESTRICTION, Kind.OPT_OUT, Kind.LIMIT),
    ),
    ("For a child", (Kind.CHILD_REPORT, Kind.PARENTAL)),
    ("Ask, or complain", (Kind.QUESTION, Kind.COMPLAINT)),
)
"""Every kind once, by what somebody wants."""
ELSEWHERE: Final[Mapping[Kind, str]] = {
    Kind.ACCESS: "privacy:ask_copy",
    Kind.ERASURE: "privacy:ask_erasure",
    Kind.DEACTIVATION: "accounts:deactivate",
    Kind.OPT_OUT: "privacy:opt_out",
    Kind.LIMIT: "privacy:limit",
}
"""Kinds with a page of their own."""
ENOUGH: Final = "You have asked for this so often that the first ones come first. You see them on this page."


@dataclass(frozen=True)
class Door:
    """One thing to ask for, and the page behind it."""

    rule: kinds.Rule
    url: str


@require_safe
@login_required
def ask(request: SignedIn) -> HttpResponse:
    """Everything one can ask for, in plain words."""
    groups = [(title, [Door(kinds.rule(kind), address(kind)) for kind in some]) for title, some in GROUPS]
    return render(request, "privacy/own_ask.html", {"groups": groups})


def address(kind: Kind) -> str:
    """The page on which somebody signed in asks for this kind."""
    return reverse(ELSEWHERE[kind]) if kind in ELSEWHERE else reverse("privacy:ask_kind", args=[kind.value])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask_kind(request: SignedIn, kind: str) -> HttpResponseBase:
    """What it is, until when it is answered, what we have to know; and the button that asks for it."""
    if kind not in Kind.values:
        raise Http404
    wanted = Kind(kind)
    if wanted in ELSEWHERE:
        return redirect(address(wanted))
    view = identity.proved_recently(_ask) if kinds.rule(wanted).proof is Proof.REAUTHENTICATED else _ask
    return view(request, wanted)


def _ask(request: SignedIn, kind: Kind) -> HttpResponse:
    person = request.user.subject
    form = OwnWishForm(kind, person, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = receive(request, kind, wishes=form.wishes)
        except requests.TooMany:
            form.add_error(None, ENOUGH)
        else:
            messages.success(request, f"We have your request. Its reference is {made.reference}.")
            return redirect("privacy:own_request", made.reference)
    due = deadlines.of(kind, residence=subjects.root(person).residence, received_at=timezone.now())
    shown = {"form": form, "rule": kinds.rule(kind), "due_at": due.complete_at}
    return render(request, "privacy/own_ask_kind.html", shown, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def ask_copy(request: SignedIn) -> HttpResponse:
    """*Take a copy*: what a copy holds, and the button that asks for it."""
    if request.method == "POST":
        made = receive(request, Kind.ACCESS)
        messages.success(request, f"Your copy is being put together. Its reference is {made.reference}.")
        return redirect("privacy:own_request", made.reference)
    cooling = identity.cooling(subjects.family(request.user.subject), at=timezone.now())
    shown = {"hours": 72, "starts": ExportPackage.MAX_STARTS, "cooling": cooling}
    return render(request, "privacy/ask_copy.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def ask_erasure(request: SignedIn) -> HttpResponse:
    """*Erase me*: the plan, line by line, and the button that asks for it."""
    if request.method == "POST":
        made = receive(request, Kind.ERASURE)
        messages.success(request, f"We have your request. Its reference is {made.reference}.")
        return redirect("privacy:own_request", made.reference)
    now, family = timezone.now(), subjects.family(request.user.subject)
    plan, given = planning.preview(request.user.subject, at=now), disclosures.processors(family)
    shares = [share for share in plan if share.planned]
    shown = {
        "going": [share for share in shares if not share.stays],
        "staying": [share for share in shares if share.stays and not share.is_record],
        "records": [share for share in shares if share.is_record],
        "companies": [share for share in plan if share.kind == StepKind.PROCESSOR and share.target in given],
        "waiting": reasons.unfinished(family, at=now),
        "grace": span(settings.LOUPE_ERASURE_GRACE),
    }
    return render(request, "privacy/ask_erasure.html", shown)


def receive(request: SignedIn, kind: Kind, *, wishes: Mapping[str, Any] | None = None) -> DataRequest:
    """Receive and verify at once: whoever gets here is signed in, and has just proved who they are where the kind asks for it."""
    person: audit.Person = request.user
    now, rule = timezone.now(), kinds.rule(kind)
    made = requests.receive(
        kind,
        subject=request.user.subject,
        contact=request.user.email,
        channel=Channel.ACCOUNT,
        wishes=wishes,
        by=person,
        at=now,
    )
    if made.verified_at is None:
        evidence = (
            IdentityCheck.Method.REAUTHENTICATED
            if rule.proof is Proof.REAUTHENTICATED
            else IdentityCheck.Method.SIGNED_IN
        )
        made = requests.verify(made, evidence=evidence, by=person, at=now)
    return made
