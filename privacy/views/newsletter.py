"""The newsletter form in every footer, and the page behind the link it mails.

The answer is the same whoever's address was typed. The link shows a page; only its button acts, since mail programs open links by
themselves.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from privacy.consent import notices, pace
from privacy.forms.pages import AddressForm
from privacy.messages import newsletter

PER_HOUR: Final = 10


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """The form of the footer, on a page of its own where something was wrong with what was typed."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        shown = {"form": form, "notice": notices.text(newsletter.NOTICE)}
        return render(request, "privacy/newsletter.html", shown, status=400 if form.is_bound else 200)
    if pace.too_many(request, "newsletter-form", an_hour=PER_HOUR):
        return render(request, "privacy/too_many.html", status=429)
    newsletter.ask(form.cleaned_data["email"], network=pace.network_of(request), at=timezone.now())
    return redirect("privacy:newsletter_asked")


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """What happens next, for everybody alike."""
    return render(request, "privacy/newsletter_asked.html", {"days": newsletter.LIVES.days})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """*Is it you?* Pressing the button is the yes."""
    try:
        signup = newsletter.read(request.GET.get("key", ""))
    except newsletter.Over:
        return render(request, "privacy/newsletter_over.html", {"why": "over", "form": AddressForm()}, status=410)
    except newsletter.Broken:
        return render(request, "privacy/newsletter_over.html", {"why": "broken", "form": AddressForm()}, status=404)
    if request.method != "POST" and signup.state == newsletter.State.ASKED:
        read = [row.notice.text for row in newsletter.asked_together(signup).select_related("notice")]
        return render(request, "privacy/newsletter_confirm.html", {"read": read})
    if request.method == "POST":
        newsletter.confirm(signup, at=timezone.now())
    return render(request, "privacy/newsletter_confirmed.html")
