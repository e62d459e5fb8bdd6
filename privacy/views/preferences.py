"""What somebody hears from us and how: `/account/preferences/` for people signed in, `/preferences/` behind a signed link.

The link comes at the foot of messages. It shows the choices and nothing else, and it can switch off everything. What needs proof
to switch on needs a login, since a mail can be forwarded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from privacy.consent import ledger, links, notices, preferences
from privacy.consent.vocabulary import Surface
from privacy.forms.pages import AddressForm
from privacy.forms.preferences import PreferencesForm
from privacy.ground import audit
from privacy.messages import wishes
from privacy.messages.wishes import Change, Said
from privacy.register.models import Subject
from privacy.views.people import SignedIn

PAGE: Final = 20
TOO_LATE: Final = (
    "That was more than an hour ago, so it cannot be taken back in one go. You can still change each of it here."
)
AS_BEFORE: Final = "It is as it was before."


@dataclass(frozen=True)
class Visitor:
    """Whose choices a request is about, how it came to them, and the mailbox they proved, if this page knows it."""

    subject: Subject
    by: audit.Actor
    address: str = ""
    key: str = ""

    @property
    def is_signed_in(self) -> bool:
        return not self.key


@dataclass(frozen=True)
class Outcome:
    """What pressing a button did: a change, or words that say why not, or the form with what is wrong in it."""

    change: Change | None = None
    words: str = ""
    form: PreferencesForm | None = None
    status: int = 200


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own(request: SignedIn) -> HttpResponse:
    """The preferences of whoever is signed in, with the history of every choice."""
    who = Visitor(request.user.subject, by=request.user, address=request.user.email)
    said = Paginator(ledger.history(who.subject), PAGE).get_page(request.GET.get("page"))
    return _page(
        request, who, "privacy/preferences.html", {"history": said, "manners": preferences.changes(who.subject)}
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_key(request: HttpRequest) -> HttpResponse:
    """The choices behind a signed link. Opening it changes nothing: mail programs open links by themselves."""
    key = request.GET.get("key", "")
    try:
        subject = links.read(key, at=timezone.now())
    except links.Expired:
        return render(request, "privacy/preferences_over.html", {"why": "expired", "form": AddressForm()}, status=410)
    except links.Broken:
        return render(request, "privacy/preferences_over.html", {"why": "broken", "form": AddressForm()}, status=404)
    return _page(request, Visitor(subject, by=subject, key=key), "privacy/preferences_by_key.html", {})


def _page(request: HttpRequest, who: Visitor, template: str, more: Mapping[str, object]) -> HttpResponse:
    """The page as things stand after what was pressed. A press is answered at once, so that taking it back is one press more."""
    outcome = ACTS.get(request.POST.get("do", ""), _save)(request, who) if request.method == "POST" else Outcome()
    form = outcome.form or _form(who)
    shown = {
        **more,
        "form": form,
        "outcome": outcome,
        "undo": wishes.undo_key(who.subject, outcome.change) if outcome.change else "",
        "partners": [(field, wishes.text_of(who.subject, thing, form.spoken)) for thing, field in form.partners()],
        "texts": {slug: notices.text(slug, form.spoken) for slug in notices.ON_PREFERENCES},
    }
    return render(request, template, shown, status=outcome.status)


def _form(who: Visitor, data: QueryDict | None = None) -> PreferencesForm:
    """The form as things stand, with what was sent, if anything."""
    held = wishes.standing(who.subject, address=who.address)
    return PreferencesForm(held, data, locked=() if who.is_signed_in else wishes.offered())


def _save(request: HttpRequest, who: Visitor) -> Outcome:
    form = _form(who, request.POST)
    if not form.is_valid():
        return Outcome(form=form, status=422)
    said = _said(request, who, locale=form.language_read())
    return Outcome(wishes.save(who.subject, form.wanted(), seen=form.shown(), said=said))


def _withdraw(request: HttpRequest, who: Visitor) -> Outcome:
    said = _said(request, who, locale=preferences.language_of(who.subject))
    return Outcome(wishes.withdraw_everything(who.subject, said=said))


def _undo(request: HttpRequest, who: Visitor) -> Outcome:
    try:
        said = _said(request, who, locale=preferences.language_of(who.subject))
        wishes.undo(who.subject, request.POST.get("key", ""), said=said)
    except wishes.TooLate:
        return Outcome(words=TOO_LATE, status=409)
    return Outcome(words=AS_BEFORE)


ACTS: Final[Mapping[str, Callable[[HttpRequest, Visitor], Outcome]]] = {
    "save": _save,
    "withdraw": _withdraw,
    "undo": _undo,
}


def _said(request: HttpRequest, who: Visitor, *, locale: str) -> Said:
    address, now = get_adapter().get_client_ip(request) or "", timezone.now()
    return Said(Surface.PREFERENCES, network=address, by=who.by, at=now, address=who.address, locale=locale)
