"""What a browser says about tracking, before anybody clicks.

Global Privacy Control: a header `Sec-GPC: 1` opts out of sale, sharing and targeting (W3C GPC, 3). Only the exact value `1`
counts; when a proxy joined several headers, one `1` among them is enough. Do Not Track counts where the shop's policy says so.
"""

from __future__ import annotations

from django.http import HttpRequest

from privacy.register import profiles

HEADER = "Sec-GPC"


def gpc(request: HttpRequest) -> bool:
    """Whether the visitor's browser sends the Global Privacy Control signal."""
    value = request.META.get("HTTP_SEC_GPC")
    return value is not None and any(item.strip() == "1" for item in value.split(","))


def dnt(request: HttpRequest) -> bool:
    """Whether the browser sends Do Not Track."""
    return request.headers.get("DNT", "").strip() == "1"


def opts_out(request: HttpRequest) -> bool:
    """Whether a signal this shop answers to opts the visitor out of sale, sharing and targeting."""
    return gpc(request) or (profiles.current().answers_dnt and dnt(request))
