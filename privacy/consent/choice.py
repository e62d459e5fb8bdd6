"""The visitor's choice about optional cookies, as far as a page may differ by it.

Nothing optional is loaded, so there is nothing to ask: everybody is *undecided*, with or without a GPC signal.
"""

from __future__ import annotations

from django.http import HttpRequest

from privacy.consent import signals

UNDECIDED = "undecided"


def page_key(request: HttpRequest) -> str:
    """Names the variant of a page this visitor gets; the page cache keeps one copy for each."""
    return f"{UNDECIDED}+gpc" if signals.gpc(request) else UNDECIDED
