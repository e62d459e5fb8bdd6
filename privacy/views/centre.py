"""`/account/privacy/`: what is held, a copy of it, its erasure, and every request with its dates. For people signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from privacy.ground import audit, sealed_files, states
from privacy.register import disclosures, subjects
from privacy.register.models import Subject
from privacy.rights import holdings, identity, letter, looks, packages, planning, reasons, requests, timeline
from privacy.rights.models import Channel, DataRequest, ExportPackage, Kind
from privacy.words import span

LOOKS_SHOWN = 10
TOO_LATE = "This request cannot be taken back any more."
GONE = "This copy can no longer be fetched. You can ask for a new one at any time."


class Customer(Protocol):
    """What this page needs to know of whoever is signed in."""

    pk: int
    is_staff: bool
    email: str
    subject: Subject
    subject_id: UUID

    def has_usable_password(self) -> bool: ...


class SignedIn(HttpRequest):
    """A request that `login_required` let through."""

    user: Customer  # type: ignore[assignment]


@require_safe
@login_required
def centre(request: SignedIn) -> HttpResponse:
    """The ledger: what we hold, kind by kind, and the requests."""
    now, family = timezone.now(), subjects.family(request.user.subject)
    held = holdings.of(family)
    about, records = _parted(held)
    shown = {
        "about": about,
        "records": records,
        "whole": sum(each.count for each in about),
        "going": sum(each.count for each in about if each.goes_on_erasure),
        "staying": sum(each.count for each in about if not each.goes_on_erasure),
        "requests": [_told(each, now=now) for each in _requests(family)],
        "looks": looks.of(family, most=LOOKS_SHOWN),
        "received": disclosures.received(family),
    }
    return render(request, "privacy/centre.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def ask_copy(request: SignedIn) -> HttpResponse:
    """*See my data*: what a copy holds, and the button that asks for it."""
    if request.method == "POST":
        made = _receive(request, Kind.ACCESS)
        messages.success(request, f"Your copy is being put together. Its reference is {made.reference}.")
        return redirect("privacy:centre")
    cooling = identity.cooling(subjects.family(request.user.subject), at=timezone.now())
    shown = {"hours": 72, "starts": ExportPackage.MAX_STARTS, "cooling": cooling}
    return render(request, "privacy/ask_copy.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def ask_erasure(request: SignedIn) -> HttpResponse:
    """*Erase my data*: the plan, line by line, and the button that asks for it."""
    if request.method == "POST":
        made = _receive(request, Kind.ERASURE)
        messages.success(request, f"We have your request. Its reference is {made.reference}.")
        return redirect("privacy:centre")
    now = timezone.now()
    shares = [
        share for share in planning.preview(request.user.subject, at=now) if share.planned or share.kind == "processor"
    ]
    shown = {
        "going": [share for share in shares if not share.stays],
        "staying": [share for share in shares if share.stays and not share.is_record],
        "records": [share for share in shares if share.is_record],
        "waiting": reasons.unfinished(subjects.family(request.user.subject), at=now),
        "grace": span(settings.LOUPE_ERASURE_GRACE),
    }
    return render(request, "privacy/ask_erasure.html", shown)


@require_POST
@login_required
def withdraw(request: SignedIn, reference: str) -> HttpResponse:
    """Take one's own request back."""
    mine = own(request, reference)
    try:
        requests.withdraw(mine, by=request.user, at=timezone.now())
    except (states.NotAllowed, states.Changed):
        messages.error(request, TOO_LATE)
    else:
        messages.success(request, f"{mine.reference} is taken back. Nothing was changed.")
    return redirect("privacy:centre")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def download(request: SignedIn, reference: str) -> HttpResponseBase:
    """Fetch one's copy. The GET asks once more, because each download counts."""
    package = get_object_or_404(ExportPackage.objects.select_related("request"), request=own(request, reference))
    if request.method != "POST":
        return fetch_page(request, package)
    try:
        return handed_out(package, by=request.user)
    except packages.Held:
        return fetch_page(request, package)
    except packages.PackageGone:
        messages.error(request, GONE)
        return redirect("privacy:centre")


def fetch_page(request: HttpRequest, package: ExportPackage) -> HttpResponse:
    """What the copy is, how often and until when it can be fetched; or why not now."""
    now = timezone.now()
    cooling = packages.held(package, at=now)
    shown = {"package": package, "left": package.left(now), "cooling": cooling}
    return render(
        request, "privacy/fetch_copy.html", shown, status=403 if cooling and request.method == "POST" else 200
    )


def handed_out(package: ExportPackage, *, by: audit.Actor) -> StreamingHttpResponse:
    """The ZIP, piece by piece, as a file that no cache keeps. Raises `packages.Held`, `packages.PackageGone`."""
    reader = packages.start(package, by=by, at=timezone.now())
    response = StreamingHttpResponse(_until_spent(package, reader, by=by), content_type="application/zip")
    response["Content-Length"] = str(package.size_bytes)
    response["Content-Disposition"] = f'attachment; filename="loupe-copy-{package.request.reference}.zip"'
    response["Cache-Control"] = "private, no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy that takes it all at once would spend it for a browser that is gone
    return response


def _until_spent(package: ExportPackage, reader: sealed_files.Reader, *, by: audit.Actor) -> Iterator[bytes]:
    """Only whoever asks for more after the last piece has taken them all; a browser that is gone never does."""
    with reader:
        yield from reader
    packages.spend(package, by=by, at=timezone.now())


def _receive(request: SignedIn, kind: Kind) -> DataRequest:
    """Receive and verify at once: whoever gets here has just proved who they are."""
    person, now = request.user, timezone.now()
    made = requests.receive(
        kind, subject=person.subject, contact=person.email, channel=Channel.ACCOUNT, by=person, at=now
    )
    if made.verified_at is None:
        made = requests.verify(made, evidence="reauthenticated", by=person, at=now)
    return made


def _requests(family: list[UUID]) -> list[DataRequest]:
    every = (
        DataRequest.objects.of(family)
        .select_related("package", "joined_to")
        .prefetch_related("steps", "package__transfers")
    )
    return list(every.order_by("-received_at")[:20])


def _told(request: DataRequest, *, now: datetime) -> dict[str, object]:
    package = getattr(request, "package", None)
    return {
        "request": request,
        "steps": timeline.of(request),
        "left": package.left(now) if package else 0,
        "package": package,
        "transfers": list(package.transfers.all()) if package else [],
        "waiting": letter.waiting(request, at=now),
    }


def own(request: SignedIn, reference: str) -> DataRequest:
    """A request of the person signed in; anybody else's does not exist here."""
    mine = DataRequest.objects.of(subjects.family(request.user.subject)).select_related("subject")
    return get_object_or_404(mine, reference=reference)


def _parted(held: list[holdings.Holding]) -> tuple[list[holdings.Holding], list[holdings.Holding]]:
    """What is held about them, and the records of what was done with it."""
    about = [each for each in held if not each.declaration.is_evidence]
    return about, [each for each in held if each.declaration.is_evidence]
