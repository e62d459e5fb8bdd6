"""The four staff roles: Django groups, each with the permissions its work needs.

Permissions decide everywhere; no code asks for a role by name. A pattern that matches no
permission is reported, so that a renamed model cannot quietly take a desk's tools away.
Run by `manage.py ensure_roles` after every migrate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from privacy.register import masks
from privacy.register.vocabulary import Purpose

ORDER_DESK = "order desk"
PRIVACY_DESK = "privacy desk"
CATALOGUE = "catalogue"
OWNER = "owner"

# Role -> patterns over "app.codename". Evidence (audit, certificates, ledgers) is read-only in the
# admin and in the database, whatever is granted here.
GRANTS: dict[str, tuple[str, ...]] = {
    ORDER_DESK: (
        "orders.view_*",
        "orders.change_order",
        "orders.fulfil_order",
        "orders.refund_order",
        "orders.add_shipment",
        "orders.change_shipment",
        "shop.view_*",
    ),
    PRIVACY_DESK: (
        "privacy.view_*",
        "privacy.change_datarequest",
        "privacy.change_message",
        "privacy.change_inboundmail",
        "privacy.place_legalhold",
        "privacy.note_consent",
        "privacy.publish_policy",
        "privacy.send_announcement",
        "orders.view_order",
    ),
    CATALOGUE: (
        "shop.view_*",
        "shop.add_*",
        "shop.change_*",
        "shop.delete_*",
        "privacy.view_campaign",
        "privacy.add_campaign",
        "privacy.change_campaign",
    ),
    OWNER: (
        "shop.*",
        "orders.*",
        "accounts.*",
        "privacy.view_*",
        "privacy.change_datarequest",
        "privacy.change_message",
        "privacy.change_inboundmail",
        "privacy.place_legalhold",
        "privacy.note_consent",
        "privacy.publish_policy",
        "privacy.send_announcement",
        "privacy.add_campaign",
        "privacy.change_campaign",
        "privacy.send_campaign",
    ),
}

# Role -> the purposes its people work for: what they read of a person without a mask. Everything else they reveal for a
# reason, where they may. Nobody browses what serves an account: not its address, not its name.
READS: dict[str, tuple[Purpose, ...]] = {
    ORDER_DESK: (Purpose.ORDER, Purpose.DELIVERY, Purpose.PAYMENT, Purpose.TAX),
    PRIVACY_DESK: (Purpose.RIGHTS, Purpose.SECURITY, Purpose.TAX),
    CATALOGUE: (),
    OWNER: (Purpose.ORDER, Purpose.DELIVERY, Purpose.PAYMENT, Purpose.TAX, Purpose.RIGHTS, Purpose.SECURITY),
}
REVEALS: tuple[str, ...] = (PRIVACY_DESK, OWNER)


@dataclass(frozen=True)
class Missing:
    """A pattern that grants nothing, because no permission carries such a name."""

    role: str
    pattern: str


@transaction.atomic
def ensure() -> list[Missing]:
    """Make the four groups hold exactly the permissions of `GRANTS`; return the patterns matching none."""
    every = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    missing: list[Missing] = []
    for role in GRANTS:
        patterns = patterns_of(role)
        granted: set[str] = set()
        for pattern in patterns:
            names = matching(pattern, every)
            granted.update(names)
            if not names:
                missing.append(Missing(role, pattern))
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([every[name] for name in sorted(granted)])
    return missing


def patterns_of(role: str) -> tuple[str, ...]:
    """Everything a role is granted: its pages, what it reads of people, and whether it may reveal the rest."""
    reads = tuple(masks.permission(purpose) for purpose in READS[role])
    return (*GRANTS[role], *reads, *(("privacy.reveal_personal",) if role in REVEALS else ()))


def matching(pattern: str, names: Iterable[str]) -> set[str]:
    """The permission names a pattern such as `orders.view_*` stands for."""
    return {name for name in names if fnmatchcase(name, pattern)}
