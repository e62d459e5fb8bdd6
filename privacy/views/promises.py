"""`/privacy/promises/`: every promise of this shop's policy, how it stands, and what shows it. For anybody."""

from __future__ import annotations

from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from privacy.proof import probes, promises
from privacy.proof.promises import Standing, Theme
from privacy.register import profiles


@require_safe
def promised(request: HttpRequest, shop: str = "") -> HttpResponse:
    """The promises of the shop one is in, or of another one whose policy comes with Loupe."""
    known = shops()
    chosen = profiles.current() if not shop else next((each for each in known if each.slug == shop), None)
    if chosen is None:
        raise Http404("No shop of this name.")
    theirs = promises.of_profile(chosen)
    standings = promises.standing(theirs, probes.recent(at=timezone.now()))
    shown = {
        "chosen": chosen,
        "shops": [(each, len(promises.of_profile(each))) for each in known],
        "count": len(theirs),
        "counts": [(status, count) for status, count in promises.counted(theirs).items() if count],
        "chapters": chapters(standings),
        "figures": list({each.promise.probe: each.figure for each in standings if each.figure}.values()),
    }
    response = render(request, "privacy/promises.html", shown)
    response.is_public_page = not request.GET  # type: ignore[attr-defined]  # see shop.pagecache
    return response


def shops() -> list[profiles.Profile]:
    """The shop one is in; a demonstration shows the others as well."""
    here = profiles.current()
    if not here.is_demo:
        return [here]
    every = [profiles.named(slug) for slug in profiles.slugs()]
    return [here, *(each for each in every if each.slug != here.slug)]


def chapters(standings: list[Standing]) -> list[tuple[Theme, list[Standing]]]:
    """Grouped by theme, in the order of the themes; those without a promise are left out."""
    order = list(Theme)
    in_order = sorted(standings, key=lambda each: order.index(each.promise.theme))
    return [(theme, list(group)) for theme, group in groupby(in_order, key=lambda each: each.promise.theme)]
