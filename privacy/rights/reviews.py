"""What is looked over from time to time, links to other sites and the companies that work for us, and whether links answer.

When they last did, and by when they do again, the shop's profile says (`[reviews]`); the desk's first page names what is due. The
weighings of the shop's own interests stand in the same row. `check_links` asks each link's own host for its page, once a week in
production, with nothing about anybody: no cookie, no address of the page it stands on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

import requests

from privacy.consent import guides, tags
from privacy.ground import audit
from privacy.ground.models import AuditEvent
from privacy.register import authorities, profiles, registry, weighings
from privacy.register.declare import Processor

LINKS: Final = "links"
PARTNERS: Final = "partners"
CHECKED: Final = "links.checked"
PATIENCE: Final = 10  # seconds
GONE: Final = frozenset({404, 410})
SERVER_ERROR: Final = 500
HEADERS: Final = {"User-Agent": "Loupe link check"}


class NotDeclared(Exception):
    """A link to a host that no declared link leads to: nothing is asked there."""


@dataclass(frozen=True)
class Due:
    """One thing to look over: what, when somebody last did, and by when they do again. Without days, nobody ever said."""

    name: str
    reviewed_on: date | None
    review_on: date | None

    def is_due(self, on: date) -> bool:
        """Whether somebody should look now."""
        return self.review_on is None or self.review_on <= on


@dataclass(frozen=True)
class Checked:
    """When the links were last asked, how many, and which did not answer."""

    at: datetime
    asked: int
    silent: tuple[str, ...]


def every() -> list[Due]:
    """Everything that is looked over again, the soonest first."""
    names = [("Links to other sites", (LINKS,)), *((each.name, (each.slug, PARTNERS)) for each in partners())]
    found = [_due(name, keys) for name, keys in names]
    found += [Due(f"Weighing: {each.title}", each.decided_on, each.review_on) for each in weighings.every()]
    return sorted(found, key=lambda each: each.review_on or date.min)


def due(*, on: date) -> list[Due]:
    """What somebody should look over now."""
    return [each for each in every() if each.is_due(on)]


def partners() -> list[Processor | tags.Tag]:
    """The companies that this shop, as it is set up, gives anything, and whose tags it runs."""
    return [*(each for each in registry.processors() if each.is_used()), *tags.enabled()]


def links() -> dict[str, str]:
    """Every link of ours to another site, by what it is called."""
    told = {each.name: each.url for each in (*guides.BROWSERS, *guides.INDUSTRY)}
    told |= {each.name: each.site for each in authorities.DIRECTORY}
    return told | {f"{each.vendor}: privacy policy": each.vendor_policy for each in tags.DECLARED}


def hosts(of: Iterable[str]) -> frozenset[str]:
    """The hosts that these links lead to."""
    return frozenset(urlsplit(url).hostname or "" for url in of)


def check_links(*, by: audit.Actor, at: datetime) -> Checked:
    """Ask every link whether it still leads somewhere. *Writes* what was found to the trail."""
    found = links()
    silent = sorted(name for name, url in found.items() if not answers(url, among=hosts(found.values())))
    details: dict[str, audit.Detail] = {"asked": len(found), "silent": silent}
    audit.append(CHECKED, details=details, by=by, at=at)
    return Checked(at, len(found), tuple(silent))


def answers(url: str, *, among: frozenset[str]) -> bool:
    """Whether something is there; a redirect or a closed door is. *Raises* `NotDeclared` for a host that is none of *among*."""
    if urlsplit(url).hostname not in among:
        raise NotDeclared(url)
    try:
        with requests.get(url, headers=HEADERS, timeout=PATIENCE, allow_redirects=False, stream=True) as answer:
            return answer.status_code not in GONE and answer.status_code < SERVER_ERROR
    except requests.RequestException:
        return False


def last_check() -> Checked | None:
    """What the links said when they were last asked."""
    event = AuditEvent.objects.filter(event=CHECKED).order_by("-at").first()
    return Checked(event.at, int(event.details["asked"]), tuple(event.details["silent"])) if event else None


def unreviewed(shop: profiles.Profile | None = None) -> Iterator[str]:
    """What nobody says to look over again, in words."""
    said = (shop or profiles.current()).reviews
    yield from (f"nobody says when {name} are looked over again" for name in (LINKS, PARTNERS) if name not in said)


def _due(name: str, keys: Iterable[str]) -> Due:
    said = profiles.current().reviews
    review = next((said[key] for key in keys if key in said), None)
    return Due(name, review.reviewed_on, review.review_on) if review else Due(name, None, None)
