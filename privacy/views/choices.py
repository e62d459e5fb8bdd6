"""`/privacy/choices/` and its neighbours: the answer to the banner, the settings, the two opt-outs, and a device that forgets us.

Every one of them works without a script, without an account and without a cookie; each asks for nothing but the click.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib.auth import logout
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from privacy.consent import answers, banner, choice, cookies, notices, pace
from privacy.consent.answers import Said
from privacy.consent.choice import Choice
from privacy.consent.entries import Category, Kind
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Surface
from privacy.register.models import Subject
from privacy.views.receipts import as_file

AN_HOUR: Final = 60
"""Answers recorded from one network address in an hour. Past that a yes has to wait; a no never does."""

MOST_SHOWN: Final = 24  # of what this browser has said
FORGET_STORAGE: Final = '"storage"'
FORGET_ALL: Final = '"cache", "cookies", "storage"'
SURFACES: Final = {"banner": Surface.BANNER, "settings": Surface.COOKIE_SETTINGS}


@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """The settings; and where the banner's and the settings' forms go.

    *Shape*: `answer` is accept, refuse or choose; `allow` (several) names the groups of a choice; `surface` and `next` say
    where it was given.
    """
    if request.method != "POST":
        return settings_page(request)
    before = choice.of(request)
    surface = SURFACES.get(request.POST.get("surface", ""), Surface.COOKIE_SETTINGS)
    allowed = allowed_by(request, before, surface)
    if allowed is None:
        return settings_page(request, status=400, problem="Please press Accept, Refuse or Keep my choice.")
    said = said_by(request, surface)
    if is_too_often(request):
        if allowed:
            return render(request, "privacy/too_many.html", status=429)
        after = choice.decide([], before=before, at=said.at)
    else:
        after = answers.decide(before, allowed, said=said)
    choice.settle(request, after)
    return with_choice(back(request), request, before, after)


def settings_page(request: HttpRequest, *, status: int = 200, problem: str = "") -> HttpResponse:
    """Every group with its switch, what the choice is now and until when it counts."""
    found = choice.of(request)
    shown = {
        "found": found,
        "groups": banner.groups_for(found),
        "can_choose": bool(banner.open_groups(gpc=found.gpc)),
        "text": banner.settings_text(),
        "allowed_until": found.decided_on and found.decided_on + cookies.ACCEPTED_FOR,
        "asked_again_on": found.decided_on and found.decided_on + choice.kept_for(found),
        "opts_in_late": found.has_opted_out or has_objected(request),
        "late_text": notices.text("opt_in"),
        "next": request.GET.get("next", ""),
        "said": said_here(found)[:MOST_SHOWN],
        "problem": problem,
    }
    return render(request, "privacy/choices.html", shown, status=status)


@require_safe
def receipt(request: HttpRequest, receipt: UUID) -> HttpResponse:
    """The receipt for something this browser has said, by the number in its cookie; anybody else's does not exist here."""
    return as_file(get_object_or_404(said_here(choice.of(request)), receipt=receipt))


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    """A browser that brought no cookie comes by here after its answer: back to where it was, or told what it does without."""
    if cookies.CONSENT in request.COOKIES:
        return HttpResponseRedirect(safe(request, request.GET.get("next", "")))
    return render(request, "privacy/no_cookies.html", {"next": safe(request, request.GET.get("next", ""))})


@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest) -> HttpResponse:
    """*Do not sell or share*: one click, from the foot of any page or from here; a GPC signal is shown to be honoured."""
    before = choice.of(request)
    if request.method != "POST":
        return as_public(request, render(request, "privacy/opt_out.html", {"targets": targets()}))
    said = said_by(request, Surface.OPT_OUT_LINK)
    if is_too_often(request):
        after = choice.decide(before.allowed - {Category.TARGETING}, before=before, opts_out=True, at=said.at)
    else:
        after = answers.opt_out(before, said=said)
    choice.settle(request, after)
    response = render(request, "privacy/opt_out.html", {"targets": targets(), "is_done": True})
    return with_choice(response, request, before, after)


@require_http_methods(["GET", "HEAD", "POST"])
def limit(request: HttpRequest) -> HttpResponse:
    """*Limit the use of my sensitive personal information*: one click, no questions."""
    if request.method != "POST":
        return as_public(request, render(request, "privacy/limit.html"))
    if not is_too_often(request):
        answers.limit(choice.of(request), said=said_by(request, Surface.OPT_OUT_LINK))
    return render(request, "privacy/limit.html", {"is_done": True, "notice": notices.text("limit")})


@require_POST
def clear_device(request: HttpRequest) -> HttpResponse:
    """Sign out, and have the browser forget everything of ours: by Clear-Site-Data, and cookie by cookie where that is unknown."""
    logout(request)
    choice.settle(request, Choice(gpc=choice.of(request).gpc))
    response = redirect("privacy:device_cleared")
    for name in request.COOKIES:
        if cookies.book().find(name) is not None:
            response.delete_cookie(name, samesite="Lax")
    response.headers["Clear-Site-Data"] = FORGET_ALL
    return response


@require_safe
def device_cleared(request: HttpRequest) -> HttpResponse:
    """What has just been forgotten, and what has not."""
    return as_public(request, render(request, "privacy/cleared.html"))


def allowed_by(request: HttpRequest, before: Choice, surface: Surface) -> frozenset[Category] | None:
    """What the form allows; None for a form that says nothing.

    *Accept* on a banner leaves somebody's earlier no to targeting alone; taking that back is for the settings, beside its words.
    """
    answer = request.POST.get("answer")
    if answer == "refuse":
        return frozenset()
    if answer == "accept":
        everything = banner.open_groups(gpc=before.gpc)
        return everything - {Category.TARGETING} if surface == Surface.BANNER and has_objected(request) else everything
    if answer == "choose":
        return frozenset(category for category in Category if category.value in request.POST.getlist("allow"))
    return None


def said_by(request: HttpRequest, surface: Surface) -> Said:
    """Who answers, from where, and when."""
    who = signed_in(request)
    network = get_adapter().get_client_ip(request)
    return Said(who, surface, network, by=answers.actor_of(who), at=timezone.now())


def signed_in(request: HttpRequest) -> Subject | None:
    """The person behind the account in use, or None."""
    subject = getattr(request.user, "subject", None)
    return subject if isinstance(subject, Subject) else None


def said_here(found: Choice) -> QuerySet[ConsentRecord]:
    """What was said on this browser under its present number, newest first; nothing where it has none."""
    return ConsentRecord.objects.filter(visitor_id=found.visitor) if found.visitor else ConsentRecord.objects.none()


def has_objected(request: HttpRequest) -> bool:
    """Whether whoever is signed in has said no to targeting before."""
    who = signed_in(request)
    return who is not None and answers.has_objected(who)


def with_choice(response: HttpResponse, request: HttpRequest, before: Choice, after: Choice) -> HttpResponse:
    """Send the choice along. Where something was taken back that keeps things in the browser's storage, empty that too."""
    choice.write(response, after)
    taken_back = before.allowed - after.allowed
    if any(entry.kind == Kind.STORAGE and entry.category in taken_back for entry in cookies.register()):
        response.headers["Clear-Site-Data"] = FORGET_STORAGE
    return response


def back(request: HttpRequest) -> HttpResponse:
    """To where the answer was given; by way of a look at whether the browser keeps cookies, if it brought none.

    An address with parameters is left as it is: they may hold the key of a mailed link, which belongs in no other address.
    """
    target = safe(request, request.POST.get("next", ""))
    if request.COOKIES or "?" in target:
        return redirect(target)
    return redirect(f"{reverse('privacy:choices_kept')}?{urlencode({'next': target})}")


def safe(request: HttpRequest, target: str) -> str:
    """A path of ours to go to, else the settings."""
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours and target.startswith("/") else reverse("privacy:choices")


def targets() -> bool:
    """Whether this shop has anything at all that would be a sale or sharing for advertising."""
    return Category.TARGETING in cookies.book().asked


def is_too_often(request: HttpRequest) -> bool:
    """More answers in an hour from one network address than people give."""
    return pace.too_many(request, "privacy-choices", an_hour=AN_HOUR)


def as_public(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same for every visitor with the same choice and signals, so the page cache may keep it."""
    response.is_public_page = not request.GET  # type: ignore[attr-defined]
    return response
