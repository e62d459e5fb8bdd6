"""Who a row is about: the number that a person's rows share, what joins two of them, and fingerprints of their addresses."""

from datetime import datetime, timedelta

from django.db.models import Q

from privacy.personal_data.terms import FOR_THE_RECORD
from privacy.register import subjects
from privacy.register.declare import (
    BLANK,
    Action,
    Category,
    Edge,
    Export,
    Purpose,
    Retention,
    Source,
    declare,
    keep,
    link,
    not_personal,
    personal,
)

LEFT_ALONE = timedelta(days=30)  # nothing is hung on a person record that much later
AS_LONG_AS_NAMED = Retention.until_event("no record names it any more", model="privacy.Subject")

_event = personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))


def nobody(at: datetime) -> Q:
    """Person records that nothing leads to any more. Those of the erased stay, as bare numbers that say who must not come back."""
    old = Q(created_at__lte=at - LEFT_ALONE, erased_at__isnull=True)
    return old & subjects.unnamed() & subjects.unlinked()


def link_of_nobodies(at: datetime) -> Q:
    """Links between two records that nothing leads to, neither of them erased."""
    alive = Q(child__erased_at__isnull=True, root__erased_at__isnull=True, at__lte=at - LEFT_ALONE)
    return alive & subjects.unnamed("child") & subjects.unnamed("root")


def digest_of_nobody(at: datetime) -> Q:
    """Digests of addresses whose record nothing leads to."""
    return Q(subject__created_at__lte=at - LEFT_ALONE) & subjects.unnamed("subject")


declare(
    "privacy.Subject",
    label="Your person record",
    labels={
        "age_band": "age group",
        "restricted_for": "why it is kept aside",
        "restricted_at": "kept aside since",
        "residence": "where you live",
    },
    reach="pk",
    action=Action.KEEP_UNTIL,
    retention=AS_LONG_AS_NAMED,
    ended=nobody,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda _: "A number that your rows share",
    fields={
        "id": link("the number itself; says nothing once everything that points at it is gone"),
        "residence": personal(Category.ADDRESS, on_erase=BLANK),
        "age_band": personal(Category.ACCOUNT, on_erase=BLANK),
        "age_stated_at": personal(Category.ACCOUNT, source=Source.DERIVED, on_erase=BLANK),
        "created_at": _event,
        "restricted_at": _event,
        "restricted_for": _event,
        "paused_at": personal(Category.ACCOUNT, source=Source.DERIVED, on_erase=BLANK),  # proves nothing afterwards
        "erased_at": _event,
    },
)

declare(
    "privacy.SubjectLink",
    label="Proof that two records are you",
    labels={
        "at": "when",
    },
    reach=("child", "root"),
    action=Action.KEEP_UNTIL,
    retention=Retention.as_its("root", AS_LONG_AS_NAMED),
    ended=link_of_nobodies,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda _: "You showed that an address is yours",
    fields={
        "child": link("one record", edge=Edge.PLACEHOLDER),
        "root": link("the other", edge=Edge.PLACEHOLDER),
        "proof": _event,
        "at": _event,
    },
)

declare(
    "privacy.Identifier",
    label="Fingerprints of your addresses",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("subject", AS_LONG_AS_NAMED),
    ended=digest_of_nobody,
    purposes=[Purpose.ORDER, Purpose.RIGHTS],
    describe=lambda row: f"A keyed fingerprint of an {row.get_kind_display()}",
    fields={
        "subject": link("the person it was typed with", edge=Edge.DEEP),
        "kind": personal(Category.CONTACT, source=Source.DERIVED),
        "key_version": not_personal("which of our keys made it"),
        "digest": personal(Category.CONTACT, source=Source.DERIVED, on_export=Export.HIDE),
        "created_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "proven_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)
