"""The six staff roles: Django groups, each with the permissions its work needs.

Permissions decide everywhere; no code asks for a role by name. Who may do what is one table, `TABLE`; what each role may open, page
by page, is written out in `tests/golden/permissions.txt`. A line that matches no permission is reported, so that a renamed model
cannot quietly take a desk's tools away. Run by `manage.py ensure_roles` after every migrate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from privacy.register import masks
from privacy.register.vocabulary import Purpose

ORDER_DESK: Final = "order desk"
PRIVACY_DESK: Final = "privacy desk"
OFFICER: Final = "data protection officer"
CATALOGUE: Final = "catalogue"
AUDITOR: Final = "auditor"
OWNER: Final = "owner"
ROLES: Final = (ORDER_DESK, PRIVACY_DESK, OFFICER, CATALOGUE, AUDITOR, OWNER)

# A line for each thing, a column for each role: `x` may. Evidence (audit, certificates, ledgers) is only read in the admin and in
# the database, and no row of a person is deleted by hand, whatever is granted here. What a role reads of people without a mask are
# the `privacy.see_...` lines, each a purpose somebody works for; everything else is revealed for a reason, where they may. Nobody
# browses what serves an account: not its address, not its name.
TABLE: Final = """
                                  order  privacy  protection  cata-            the
what                              desk   desk     officer     logue   auditor  owner
--------------------------------  -----  -------  ----------  ------  -------  -----
orders.view_*                     x      .        .           .       x        x
orders.view_order                 x      x        x           .       x        x
orders.change_order               x      .        .           .       .        x
orders.fulfil_order               x      .        .           .       .        x
orders.refund_order               x      .        .           .       .        x
orders.cancel_share               x      .        .           .       .        x
orders.add_shipment               x      .        .           .       .        x
orders.change_shipment            x      .        .           .       .        x
shop.view_*                       x      .        .           x       x        x
shop.add_*                        .      .        .           x       .        x
shop.change_*                     .      .        .           x       .        x
shop.delete_*                     .      .        .           x       .        x
shop.moderate_review              .      .        .           x       .        x
privacy.view_*                    .      x        x           .       x        x
privacy.change_datarequest        .      x        x           .       .        x
privacy.change_attachment         .      x        x           .       .        x
privacy.change_message            .      x        x           .       .        x
privacy.change_inboundmail        .      x        x           .       .        x
privacy.place_legalhold           .      x        x           .       .        x
privacy.lift_restriction          .      x        x           .       .        x
privacy.note_consent              .      x        x           .       .        x
privacy.publish_policy            .      x        x           .       .        x
privacy.send_announcement         .      x        x           .       .        x
privacy.handle_incident           .      x        x           .       .        x
privacy.answer_demand             .      x        x           .       .        x
privacy.approve_demand            .      .        x           .       .        x
privacy.view_campaign             .      x        x           x       x        x
privacy.add_campaign              .      .        .           x       .        x
privacy.change_campaign           .      .        .           x       .        x
privacy.send_campaign             .      .        .           .       .        x
privacy.take_out_printlist        .      .        .           .       .        x
privacy.take_out_partnerlist      .      .        .           .       .        x
accounts.view_user                .      .        x           .       x        x
accounts.add_user                 .      .        .           .       .        x
accounts.change_user              .      .        .           .       .        x
privacy.see_order                 x      .        .           .       .        x
privacy.see_delivery              x      .        .           .       .        x
privacy.see_payment               x      .        .           .       .        x
privacy.see_tax                   x      x        x           .       .        x
privacy.see_reviews               .      .        .           x       .        x
privacy.see_rights                .      x        x           .       x        x
privacy.see_security              .      x        x           .       x        x
privacy.reveal_personal           .      x        x           .       .        x
"""


class NotATable(ValueError):
    """A line of the table that does not say yes or no for each role."""


def read(table: str) -> dict[str, tuple[str, ...]]:
    """What each role is granted, as patterns over "app.codename". Raises `NotATable`."""
    granted: dict[str, tuple[str, ...]] = dict.fromkeys(ROLES, ())
    _, _, lines = table.partition("-----\n")
    for line in lines.strip().splitlines():
        what, *marks = line.split()
        if len(marks) != len(ROLES) or not set(marks) <= {"x", "."}:
            raise NotATable(line)
        for role, mark in zip(ROLES, marks, strict=True):
            if mark == "x":
                granted[role] = (*granted[role], what)
    return granted


GRANTS: Final = read(TABLE)


@dataclass(frozen=True)
class Missing:
    """A pattern that grants nothing, because no permission carries such a name."""

    role: str
    pattern: str


@transaction.atomic
def ensure() -> list[Missing]:
    """Make the six groups hold exactly the permissions of `TABLE`; return the patterns matching none."""
    every = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    missing: list[Missing] = []
    for role in GRANTS:
        granted: set[str] = set()
        for pattern in GRANTS[role]:
            names = matching(pattern, every)
            granted.update(names)
            if not names:
                missing.append(Missing(role, pattern))
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([every[name] for name in sorted(granted)])
    return missing


def reads_of(role: str) -> frozenset[Purpose]:
    """The purposes a role works for: what it reads of people without a mask."""
    return frozenset(purpose for purpose in Purpose if masks.permission(purpose) in GRANTS[role])


def matching(pattern: str, names: Iterable[str]) -> set[str]:
    """The permission names a pattern such as `orders.view_*` stands for."""
    return {name for name in names if fnmatchcase(name, pattern)}
