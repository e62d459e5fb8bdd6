"""`/privacy/parent/`: what a parent sees behind the link in their mail, and where they agree, say no, or take their word back.

Opening the link changes nothing; only a button does. The page is never cached, indexed or named to another site.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from privacy.forms.children import AgreeForm
from privacy.register import subjects, tombstones
from privacy.rights import children
from privacy.rights.child_models import ParentalConsent


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def parent(request: HttpRequest) -> HttpResponse:
    """What the account is; a yes, a no, or the end of an earlier yes."""
    now = timezone.now()
    try:
        consent = children.read(request.GET.get("key", ""), at=now)
    except children.Broken:
        return render(request, "privacy/parent_over.html", status=410)
    if request.method != "POST":
        return _page(request, consent, AgreeForm())
    if "delete" in request.POST:
        children.take_back(consent, stops_collection="stop" in request.POST, at=now)
        return redirect("privacy:parent_deleted")
    if "show" in request.POST and consent.is_agreed:
        children.show(consent, at=now)
        return redirect(f"{children.path(consent)}&mailed=1")
    form = AgreeForm(request.POST)
    if not form.is_valid():
        return _page(request, consent, form, status=400)
    children.agree(consent, at=now)
    return redirect(children.path(consent))


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    """What happens now, for every parent alike."""
    return render(request, "privacy/parent_deleted.html")


def _page(request: HttpRequest, consent: ParentalConsent, form: AgreeForm, status: int = 200) -> HttpResponse:
    known = [value for kind, value in tombstones.values_of(subjects.family(consent.child)) if kind == "email"]
    shown = {"consent": consent, "form": form, "address": known[0] if known else "", "days": children.LIVES.days}
    shown["is_mailed"] = "mailed" in request.GET
    return render(request, "privacy/parent.html", shown, status=status)
