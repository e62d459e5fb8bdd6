"""`/account/privacy/<reference>/send/`: hand a copy straight to another provider. Type the address, then confirm the host."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from privacy.forms.pages import TransferForm
from privacy.rights import identity, packages, transfer
from privacy.rights.models import ExportPackage
from privacy.views.copies import GONE
from privacy.views.people import SignedIn, own

UNDER_WAY = "This copy is being sent already."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@identity.proved_recently
def send(request: SignedIn, reference: str) -> HttpResponse:
    """The form; what was typed, to be confirmed; then a worker sends it."""
    package = get_object_or_404(ExportPackage.objects.select_related("request"), request=own(request, reference))
    now = timezone.now()
    if not package.is_available(now):
        messages.error(request, GONE)
        return redirect("privacy:centre")
    form = TransferForm(request.POST if request.method == "POST" else None)
    shown = {"package": package, "form": form, "cooling": packages.held(package, at=now)}
    if not form.is_valid():
        return render(request, "privacy/send_copy.html", shown, status=400 if form.is_bound else 200)
    if "confirmed" not in request.POST or shown["cooling"]:
        return render(request, "privacy/send_copy.html", {**shown, "target": form.target})
    try:
        transfer.ask(package, address=form.cleaned_data["address"], contact=request.user.email, by=request.user, at=now)
    except transfer.UnderWay:
        messages.error(request, UNDER_WAY)
    else:
        messages.success(request, f"Your copy is on its way to {form.target.host}. We mail you how it went.")
    return redirect("privacy:centre")
