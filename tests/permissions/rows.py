"""A shop with one row behind every page of the admin, each where most can be decided about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import pgtrigger
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model

from accounts import roles
from accounts.models import User
from accounts.tests.conftest import make_user
from privacy.consent.vocabulary import Channel
from privacy.ground import references
from privacy.messages import handover
from privacy.models import Announcement, Campaign, CampaignWay, PolicyVersion
from privacy.register import synthetic
from privacy.rights import policy
from shop.models import Reservation
from shop.tests.goods import make_category, make_piece, make_stone

NOBODY: Final = "nobody"
CUSTOMER: Final = "customer"
PEOPLE: Final = (NOBODY, CUSTOMER, *roles.ROLES)

#: What the row behind a page looks like, where the invented one would be over, or not begun.
LEAKED: Final = {"targets": ["orders.Order"], "processor": "", "start": "", "end": ""}
UNWEIGHED: Final = dict.fromkeys(("risk", "risk_reason", "spared", "spared_reason", "lessons"), "")
AS: Final[dict[str, dict[str, Any]]] = {
    "privacy.PartnerList": {"ends_at": datetime(2100, 1, 1, tzinfo=UTC)},
    "privacy.Announcement": {
        "state": "draft",
        "begun_at": None,
        "finished_at": None,
        "scope": LEAKED,
        "words": dict.fromkeys(handover.WORDS, "Aurum House LLC takes over."),
    },
    "privacy.Incident": {"state": "open", "closed_at": None, "contained_at": None, "scope": LEAKED, **UNWEIGHED},
    "privacy.ResidueSweep": {
        "coverage": {
            **dict.fromkeys(("tables", "columns", "rows", "keys", "files", "bytes", "milliseconds"), 1),
            "unread": [],
        }
    },
    "privacy.DataRequest": {"kind": "erasure", "state": "verified"},
    "privacy.ChildCase": {"finding": "child", "told_at": None, "parent": None},
    "privacy.InboundMail": {"state": "waiting"},
    "privacy.Restriction": {"announced_at": None, "ends_at": None, "announced_by": "", "reason": ""},
    "privacy.Message": {"state": "failed", "sent_at": None},
    "orders.Order": {"state": "paid"},
    "orders.Return": {"state": "requested", "decided_at": None, "closed_at": None},
}


def make(*, at: datetime) -> None:
    """Alice, invented, with a row of every declared model; goods; a newsletter that waits."""
    synthetic.people(1, seed=3, at=at)
    make_piece(make_category())
    Reservation.objects.create(owner=UUID(int=1), stone=make_stone(), quantity=1, created_at=at, expires_at=at)
    letter = Campaign.objects.create(
        reference=references.new("CP"), title="New pearls", body="<p>Look</p>", created_at=at
    )
    for channel in Channel:
        CampaignWay.objects.create(campaign=letter, channel=channel, text="Look")
    policy.publish(effective_on=at.date(), is_material=False, by="system:test", at=at)
    for model, facts in AS.items():
        with pgtrigger.ignore():  # some are evidence, which nobody changes
            apps.get_model(model)._base_manager.update(**facts)
    Announcement.objects.update(occasion="owner", version=PolicyVersion.objects.latest("pk"))


def people() -> dict[str, User | None]:
    """Whoever comes to the admin: nobody known, another customer, and one person for each role, with that role alone."""
    roles.ensure()
    every: dict[str, User | None] = {NOBODY: None, CUSTOMER: make_user("bob@example.com")}
    for role in roles.ROLES:
        clerk = make_user(f"{role.replace(' ', '-')}@loupe.example", is_staff=True)
        clerk.groups.add(Group.objects.get(name=role))
        every[role] = clerk
    return every


def of(model: type[Model]) -> Model | None:
    """The row behind the pages of *model*."""
    return model._base_manager.order_by("pk").first()


def registered() -> list[type[Model]]:
    """Every model with pages in the admin."""
    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
