"""A copy, fetched: once more asked for, because each start counts, and handed out piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from privacy.ground import audit, sealed_files
from privacy.rights import identity, packages
from privacy.rights.models import ExportPackage
from privacy.views.people import SignedIn, own

GONE: Final = "This copy can no longer be fetched. You can ask for a new one at any time."


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
