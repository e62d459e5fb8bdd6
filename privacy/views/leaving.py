"""`/privacy/unsubscribe/`: the page behind the link at the foot of a mail. Opening it changes nothing; its button does.

Exempt from the CSRF check, because the sealed key is the authority and mail programs post here by themselves (RFC 8058): what
another site could make a browser do, it could not do without the key. No cookie is read or set.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from privacy.consent import pace
from privacy.forms.pages import AddressForm
from privacy.messages import unsubscribe

PER_HOUR = 20


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Shows the button; a POST is the button, pressed by a person or by a mail program."""
    key = request.GET.get("key", "")
    try:
        reader = unsubscribe.read(key)
    except unsubscribe.Broken:
        return render(request, "privacy/leave_by_address.html", {"form": AddressForm()}, status=404)
    if request.method != "POST":
        return render(request, "privacy/leave.html")
    undo_key = unsubscribe.leave(reader, network=pace.network_of(request), at=timezone.now())
    return render(request, "privacy/left.html", {"undo_key": undo_key, "preferences": preferences_of(reader)})


@never_cache
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Take it back, within the hour, on the page that said it was done."""
    try:
        key, network = request.POST.get("key", ""), pace.network_of(request)
        reader = unsubscribe.undo(key, network=network, at=timezone.now())
    except unsubscribe.TooLate:
        return render(request, "privacy/stay_late.html", status=410)
    except unsubscribe.Broken:
        return render(request, "privacy/leave_by_address.html", {"form": AddressForm()}, status=404)
    return render(request, "privacy/stayed.html", {"preferences": preferences_of(reader)})


@require_http_methods(["GET", "HEAD", "POST"])
def leave_by_address(request: HttpRequest) -> HttpResponse:
    """Where a link does not work: type the address. The answer is the same whether or not we know it."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 400 if form.is_bound else 200
        return render(request, "privacy/leave_by_address.html", {"form": form, "is_asked_for": True}, status=status)
    if pace.too_many(request, "unsubscribe-form", an_hour=PER_HOUR):
        return render(request, "privacy/too_many.html", status=429)
    unsubscribe.leave_typed(form.cleaned_data["email"], at=timezone.now())
    return render(request, "privacy/left.html", {"was_typed": True})


def preferences_of(reader: unsubscribe.Reader) -> str:
    """Where this reader chooses what they hear about."""
    return unsubscribe.preferences_url(reader.subject_id)
