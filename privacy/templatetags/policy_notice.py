"""`{% policy_notice %}`: the banner about an important change of the policy, where there is one to tell of."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from privacy.consent import policy_banner

register = template.Library()


@register.inclusion_tag("components/policy_notice.html", takes_context=True)
def policy_notice(context: Context) -> dict[str, Any]:
    """Nothing where the page has no request, nobody has to be told, or the visitor put it away."""
    request = context.get("request")
    if request is None:
        return {}
    return {
        "version": policy_banner.of(request),
        "csrf_token": context.get("csrf_token", ""),
        "here": request.get_full_path(),
    }
