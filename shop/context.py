"""What every page knows: the shop's profile, whether this is a demo, and whether a token belongs on it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from privacy.consent import banner, choice
from privacy.register import profiles
from shop import counting, tagged
from shop.csrf import has_session


def page(request: HttpRequest) -> dict[str, Any]:
    """Plain values for `base.html`; asks the database nothing."""
    profile, chosen = profiles.current(), choice.of(request)
    context: dict[str, Any] = {
        "shop": profile,
        # A profile of one's own has no theme: the first template that exists is taken.
        "theme": [f"components/theme/{profile.slug}.html", "components/theme/jane_ellen.html"],
        "is_demo": settings.IS_DEMO,
        "site_url": settings.LOUPE_PUBLIC_URL,
        "tags": tagged.loading(request),
        "gpc": chosen.gpc,
        "banner": banner.shown(chosen),
        "seen": counting.said(request),
    }
    if not has_session(request):
        # `{% csrf_token %}` prints nothing for an empty token; see shop.csrf.
        context["csrf_token"] = ""
    return context
