"""How often one network address sends what nobody signs in for: the cache sees its keyed digest only, and may be away."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

from privacy.consent.vocabulary import truncated


def network_of(request: HttpRequest) -> str:
    """The visitor's network, too wide to be one household, as the ledger keeps it."""
    return truncated(get_adapter().get_client_ip(request))


def too_many(request: HttpRequest, what: str, *, an_hour: int) -> bool:
    """Whether this is one more than *an_hour* from one network address."""
    key = f"{what}:{get_adapter().get_client_ip(request)}"
    cache.add(key, 0, timeout=3600)
    try:
        return (cache.incr(key) or 0) > an_hour
    except ValueError:
        return False
