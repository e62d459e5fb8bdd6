"""How often one network address may send a public form. The cache sees a keyed digest only, and may be away."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest


def too_many(request: HttpRequest, form: str, *, an_hour: int) -> bool:
    """Whether this is one more than *an_hour* from one network address."""
    key = f"{form}:{get_adapter().get_client_ip(request)}"
    cache.add(key, 0, timeout=3600)
    try:
        return (cache.incr(key) or 0) > an_hour
    except ValueError:
        return False
