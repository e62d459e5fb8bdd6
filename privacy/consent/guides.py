"""Where else people can rule over cookies: their browser's own help, and the industry's opt-out pages. Links, nothing loaded."""

from __future__ import annotations

from typing import Final, NamedTuple


class Guide(NamedTuple):
    """A page of somebody else's, and what it is."""

    name: str
    url: str


BROWSERS: Final = (
    Guide("Chrome", "https://support.google.com/chrome/answer/95647"),
    Guide("Firefox", "https://support.mozilla.org/kb/clear-cookies-and-site-data-firefox"),
    Guide("Safari on a Mac", "https://support.apple.com/guide/safari/manage-cookies-sfri11471/mac"),
    Guide("Safari on an iPhone or iPad", "https://support.apple.com/105082"),
    Guide("Edge", "https://support.microsoft.com/microsoft-edge"),
    Guide("Any other: a general guide", "https://allaboutcookies.org/how-to-manage-cookies"),
)
INDUSTRY: Final = (
    Guide("Digital Advertising Alliance", "https://optout.aboutads.info/"),
    Guide("Network Advertising Initiative", "https://thenai.org/opt-out/"),
    Guide("European Interactive Digital Advertising Alliance", "https://www.youronlinechoices.eu/"),
    Guide("A plug-in that blocks Google Analytics", "https://tools.google.com/dlpage/gaoptout"),
)
