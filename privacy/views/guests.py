"""`/privacy/request/...`: a request of somebody without an account, by the links of its mails. `views.asking` takes it in.

A link from a mail shows a page; only its button acts, because mail programs open links by themselves. Pages that carry a key
are never cached, indexed or named to another site.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from privacy.ground import states
from privacy.rights import agents, intake, links, packages
from privacy.rights.models import DataRequest, ExportPackage
from privacy.views import one_request
from privacy.views.copies import fetch_page, handed_out

Keyed = Callable[[HttpRequest, DataRequest], HttpResponseBase]


def keyed(use: links.Use) -> Callable[[Keyed], Callable[[HttpRequest], HttpResponseBase]]:
    """The view gets the request that the link's key names; a broken or late key gets a page that says what to do."""

    def mark(view: Keyed) -> Callable[[HttpRequest], HttpResponseBase]:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def marked(request: HttpRequest) -> HttpResponseBase:
            try:
                found = links.read(request.GET.get("key", ""), use)
            except links.Expired:
                return render(request, "privacy/link_over.html", {"why": "expired"}, status=410)
            except links.Broken:
                return render(request, "privacy/link_over.html", {"why": "broken"}, status=404)
            asked_for = get_object_or_404(DataRequest.objects.select_related("subject"), pk=found)
            return view(request, asked_for)

        return marked

    return mark


@keyed(links.Use.CONFIRM)
def confirm(request: HttpRequest, asked_for: DataRequest) -> HttpResponse:
    """*Was this you?* Pressing the button proves the address; where somebody asked in their name, another disowns them."""
    if request.method == "POST":
        try:
            if "disown" in request.POST and intake.can_confirm(asked_for):
                agents.disown(asked_for, at=timezone.now())
                return render(request, "privacy/disowned.html")
            standing = intake.confirm(asked_for.pk, at=timezone.now())
        except (intake.AlreadyUsed, states.Changed, states.NotAllowed):
            return render(request, "privacy/link_over.html", {"why": "used"}, status=410)
        use = links.Use.FACTS if intake.awaits_facts(standing) else links.Use.FOLLOW
        return redirect(links.path(standing, use))
    if not intake.can_confirm(asked_for):
        return render(request, "privacy/link_over.html", {"why": "used"}, status=410)
    return render(request, "privacy/confirm.html", {"asked": asked_for, "agent": agents.of(asked_for)})


@keyed(links.Use.FOLLOW)
def follow(request: HttpRequest, asked_for: DataRequest) -> HttpResponse:
    """Where a request stands, and what its person can do about it."""
    here = links.path(asked_for, links.Use.FOLLOW)
    return one_request.answered(request, asked_for, by=asked_for.subject, here=here, template="privacy/follow.html")


@keyed(links.Use.COPY)
def copy(request: HttpRequest, asked_for: DataRequest) -> HttpResponseBase:
    """Fetch a copy by its mailed link, under the same rules as on the account page."""
    package = get_object_or_404(ExportPackage.objects.select_related("request"), request=asked_for)
    if request.method == "POST":
        try:
            return handed_out(package, by=asked_for.subject)
        except packages.PackageGone:
            return redirect(links.path(asked_for, links.Use.COPY))
        except packages.Held:
            pass  # the page says why
    return fetch_page(request, package)
