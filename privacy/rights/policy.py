"""The privacy policy as it is true today: composed from the register, the profile, the cookies and the clocks.

The page prints it, a version keeps it. What it says about people's data is gathered a second time as plain facts, line by line, so
that a version which says something else can't be called a minor one.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.template.loader import render_to_string

from privacy.consent import cookies
from privacy.consent.entries import Category
from privacy.ground import audit
from privacy.messages import announcements
from privacy.register import activities, policy_versions, profiles, weighings
from privacy.register.activities import Row
from privacy.register.documents import Document, Section
from privacy.register.models import PolicyVersion

#: The chapter that is no privacy notice: it has a page of its own, and an order says under which version it was placed.
TERMS: Final = "terms"
#: The chapters in order; words about children and about disputes always matter to people, whoever changes them.
CHAPTERS: Final = (
    partial(Section, "you", "What you can do"),
    partial(Section, "hold", "What we hold, why and how long"),
    partial(Section, "others", "Who works for us"),
    partial(Section, "sale", "Sale, sharing, tracking"),
    partial(Section, "security", "How we keep it safe"),
    partial(Section, "ages", "Ages", is_grave=True),
    partial(Section, TERMS, "Terms of use", is_grave=True),
    partial(Section, "contact", "How to reach us"),
)


def compose() -> Document:
    """Today's policy. Asks the register, never the database."""
    shown = _shown()
    sections = [chapter(html=render_to_string(f"privacy/policy/{chapter.args[0]}.html", shown)) for chapter in CHAPTERS]
    return Document(tuple(sections), _facts())


def publish(
    *, effective_on: date | None, is_material: bool, summary: str = "", by: audit.Actor, at: datetime
) -> PolicyVersion:
    """Publish today's policy as the next version, and begin to tell people of an important one.

    *Raises* `policy_versions.NotPublishable`.
    """
    with transaction.atomic():
        version = policy_versions.publish(
            compose(), effective_on=effective_on, is_material=is_material, summary=summary, by=by, at=at
        )
        if version.is_material:
            announcements.of_version(version, by=by, at=at)
    return version


def _shown() -> dict[str, Any]:
    shop = profiles.current()
    lines = [entry for entry in cookies.register() if not entry.is_for_staff]
    return {
        "shop": shop,
        "collects": [each.words for each in shop.collects],
        "uses": [each.words for each in shop.uses],
        "weighings": weighings.every(shop),
        "holdings": activities.rows(evidence=False),
        "records": activities.rows(evidence=True),
        "receivers": activities.receivers(),
        "measures": [words for words, _ in activities.MEASURES],
        "first_reply": _first_reply(shop.clocks),
        "targets": Category.TARGETING in cookies.book().asked,
        "necessary": sum(entry.category == Category.NECESSARY for entry in lines),
        "optional": sum(entry.category != Category.NECESSARY for entry in lines),
    }


def _facts() -> dict[str, list[str]]:
    """What the policy says about people's data, in lines that stay comparable when its sentences change."""
    shop = profiles.current()
    clocks = shop.clocks
    return {
        "What we collect": [each.words for each in shop.collects],
        "What we use it for": [each.words for each in shop.uses],
        "What we hold": [_line(row) for row in activities.rows(evidence=False)],
        "Records of what was done": [_line(row) for row in activities.rows(evidence=True)],
        "Who works for us": [
            f"{each.name} ({each.country}), {each.purpose}: {'; '.join(each.receives)}"
            for each in activities.receivers()
        ],
        "Cookies, tags and counts": [
            f"{each.kind} {each.name} ({each.vendor or 'ours'}), {each.category}, {each.days} days: {each.purpose}"
            for each in cookies.register()
            if not each.is_for_staff
        ],
        "Security": [words for words, _ in activities.MEASURES],
        "Answer times": [f"First reply within {_first_reply(clocks)}", f"Done within {clocks.complete_days} days"],
        "Age limits": [f"{name}: {value}" for name, value in vars(shop.ages).items()],
        "Card facts": sorted(shop.card_facts),
        "Channels of news": sorted(shop.channels),
        "Advertising tags": [shop.targeting_tags],
    }


def _line(row: Row) -> str:
    parts = (
        row.label,
        row.categories,
        row.purposes,
        row.bases,
        row.sources,
        row.recipients,
        row.retention,
        row.reasons,
    )
    return " | ".join(part if isinstance(part, str) else ", ".join(part) for part in parts)


def _first_reply(clocks: profiles.Clocks) -> str:
    if clocks.first_reply_hours is not None:
        return f"{clocks.first_reply_hours} hours"
    return f"{clocks.first_reply_business_days} business days"
