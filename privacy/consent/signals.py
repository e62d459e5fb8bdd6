"""What a browser says about tracking, before anybody clicks.

Global Privacy Control: a header `Sec-GPC: 1` opts out of sale, sharing and targeting (W3C GPC, 3). Only the exact value `1`
counts; when a proxy joined several headers, one `1` among them is enough. Do Not Track is not answered, and the pages say so.
"""

from __future__ import annotations

from django.http import HttpRequest

HEADER = "Sec-GPC"


def gpc(request: HttpRequest) -> bool:
    """Whether the visitor's browser sends the Global Privacy Control signal."""
    return any(value.strip() == "1" for value in request.headers.get(HEADER, "").split(","))


def dnt(request: HttpRequest) -> bool:
    """Whether the browser sends Do Not Track. Shown on the cookie page, acted upon nowhere."""
    return request.headers.get("DNT", "").strip() == "1"
