"""News to customers about pieces like those they bought, without a yes: the soft opt-in (ePrivacy Directive Art. 13(2)).

An explicit switch of the profile, `[marketing] soft_opt_in`, off in every one that comes with Loupe. Off, nothing here is shown,
written or allowed. On, it reaches exactly this far: mails, about the shop's own pieces, to an address that its owner proved, of
somebody who bought here, who was shown at that checkout that we would write and how to say no, and who has never said no since.
Every such mail carries the link to leave, as all marketing does. It is no consent and stands in no ledger; a no does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from privacy.consent import ledger, notices
from privacy.consent.ledger import Thing
from privacy.consent.soft_opt_in_models import SoftOptIn
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.ground import audit
from privacy.register import profiles, subjects
from privacy.register.models import Identifier, Subject
from privacy.register.vocabulary import Purpose

NOTICE: Final = "checkout_similar"
SIMILAR: Final = frozenset({Matter.NEW_PIECES, Matter.OFFERS})
"""Mails about our own goods. How to care for them is no goods, and nobody else's are ever meant."""


def is_on() -> bool:
    """Whether this shop chose it."""
    return profiles.current().has_soft_opt_in


def shown(
    subject: Subject, *, reference: str, declined: bool, network: str = "", by: audit.Actor, at: datetime
) -> None:
    """The checkout of the order *reference* showed the words and the box. A tick is a no, written in the ledger."""
    if not is_on():
        return
    notice = notices.current(NOTICE)
    if not declined:
        SoftOptIn.objects.get_or_create(
            reference=reference, defaults={"subject": subject, "notice": notice, "shown_at": at}
        )
        return
    SoftOptIn.objects.filter(reference=reference).delete()
    for topic in sorted(SIMILAR):
        ledger.refuse(
            subject,
            topic,
            channel=Channel.EMAIL,
            notice=notice,
            surface=Surface.CHECKOUT,
            network=network,
            by=by,
            at=at,
        )


def sold(reference: str, *, at: datetime) -> None:
    """The order was paid: now there is a sale."""
    SoftOptIn.objects.filter(reference=reference, sold_at=None).update(sold_at=at)


def allows(subject: Subject, matter: str, channel: str) -> bool:
    """Whether this person may be written to about *matter* without a yes. Any word of theirs about it counts more."""
    if not is_on() or matter not in SIMILAR or channel != Channel.EMAIL:
        return False
    family = subjects.family(subject)
    shown_and_sold = SoftOptIn.objects.usable_for(Purpose.MARKETING).filter(sold_at__isnull=False)
    if not shown_and_sold.filter(subject_id__in=family).exists():
        return False
    has_proved = Identifier.objects.filter(subject_id__in=family, kind="email", proven_at__isnull=False).exists()
    return has_proved and Thing(Matter(matter), Channel.EMAIL) not in ledger.standing(subject)


def customers(
    matter: str,
    channel: str,
    *,
    after: UUID | None = None,
    among: Iterable[UUID] | None = None,
    most: int | None = None,
) -> list[tuple[UUID, datetime]]:
    """The person records that may be meant, with the moment of their sale, by number: `allows` says which of them are."""
    if not is_on() or matter not in SIMILAR or channel != Channel.EMAIL:
        return []
    rows = SoftOptIn.objects.usable_for(Purpose.MARKETING).filter(sold_at__isnull=False)
    rows = rows.filter(subject_id__gt=after) if after else rows
    rows = rows if among is None else rows.filter(subject_id__in=list(among))
    found = rows.order_by("subject_id", "sold_at").distinct("subject_id").values_list("subject_id", "sold_at")
    return [(one, at) for one, at in found[:most] if at]
