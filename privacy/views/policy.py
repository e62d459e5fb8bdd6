"""The policy, and every version of it there was. What it says is composed from the register, so it cannot say what we do not do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from privacy.consent import policy_banner
from privacy.register import policy_versions
from privacy.register.models import PolicyVersion
from privacy.rights import policy as policies


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """What we hold, why, on which basis, how long, who receives it, and what people can do about it."""
    document, newest = policies.compose(), policy_versions.newest()
    shown = {
        "document": document,
        "version": newest,
        "is_ahead": newest is not None and policy_versions.differs(document, newest),
        "is_to_come": newest is not None and newest.effective_on > timezone.now().date(),
    }
    return _public(request, render(request, "privacy/policy.html", shown))


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The terms of use: the chapter of the policy's document that applies to orders and accounts, on a page of its own."""
    [section] = [each for each in policies.compose().sections if each.slug == policies.TERMS]
    shown = {"section": section, "version": policy_versions.in_force(on=timezone.now().date())}
    return _public(request, render(request, "privacy/terms.html", shown))


@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Every version, the newest first."""
    return _public(request, render(request, "privacy/versions.html", {"versions": policy_versions.published()}))


@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version as it stood, and what it changed."""
    found = _found(number)
    shown = {
        "version": found,
        "sections": policy_versions.sections_of(found),
        "changes": policy_versions.changes_of(found),
        "earlier": policy_versions.before(found),
        "later": policy_versions.published().filter(number__gt=number).last(),
    }
    return _public(request, render(request, "privacy/version.html", shown))


@require_safe
def version_text(request: HttpRequest, number: int) -> HttpResponse:
    """The very bytes that the hash on the page is of."""
    return HttpResponse(_found(number).text, content_type="text/plain; charset=utf-8")


@require_POST
def put_away(request: HttpRequest, number: int) -> HttpResponse:
    """Do not show this version's banner in this browser any more, and go back to where they were."""
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = HttpResponseRedirect(back if is_ours else reverse("privacy:policy"))
    policy_banner.put_away(response, _found(number).number)
    return response


class VersionFeed(Feed):  # type: ignore[type-arg]  # not generic at run time
    """The versions as an Atom feed, for whoever would rather be told than look."""

    feed_type = Atom1Feed
    title = "Privacy policy"

    def link(self) -> str:
        return reverse("privacy:versions")

    def items(self) -> Any:
        return policy_versions.published()[:30]

    def item_title(self, item: Any) -> str:
        return f"Version {item.number}, in force from {item.effective_on:%-d %B %Y}"

    def item_description(self, item: PolicyVersion) -> str:
        return item.summary or ("The first version." if item.number == 1 else "Small corrections of the text.")

    def item_link(self, item: PolicyVersion) -> str:
        return reverse("privacy:version", args=[item.number])

    def item_pubdate(self, item: PolicyVersion) -> datetime:
        return item.published_at


def _found(number: int) -> PolicyVersion:
    found = policy_versions.published().filter(number=number).first()
    if found is None:
        raise Http404("No such version.")
    return found


def _public(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same for every visitor with the same signals, so the page cache may keep it."""
    response.is_public_page = not request.GET  # type: ignore[attr-defined]
    return response
