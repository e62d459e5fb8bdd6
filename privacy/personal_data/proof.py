"""Evidence: what was done and by whom, that somebody was erased, and what shows it."""

from privacy.personal_data.terms import FOR_THE_RECORD
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Export,
    Purpose,
    Retention,
    Source,
    declare,
    declare_not_personal,
    keep,
    link,
    not_personal,
    personal,
)

CERTIFICATE_TIME = Retention.years("orders", anchor="issued_at")  # as long as what it says is kept

_event = personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))

declare(
    "privacy.AuditEvent",
    label="What was done, and by whom",
    labels={
        "event": "what happened",
        "object_ref": "what it was about",
        "actor": "by whom",
        "at": "when",
    },
    reach="subject_id",
    action=Action.KEEP_UNTIL,
    retention=Retention.years("requests", anchor="at"),
    orphans="what happened to the shop rather than to anybody",
    purposes=[Purpose.RIGHTS, Purpose.SECURITY],
    is_evidence=True,
    describe=lambda row: row.event.replace(".", ": ").replace("_", " ").capitalize(),
    fields={
        "event": _event,
        "subject_id": link("the person it is about, as a number without a key", edge=Edge.PLACEHOLDER),
        "object_ref": _event,
        "actor": _event,
        "note": _event,
        "details": _event,
        "at": _event,
    },
)

declare(
    "privacy.Tombstone",
    label="Fingerprints that keep you erased",
    reach="subject_id",
    action=Action.KEEP_UNTIL,
    retention=Retention.years("orders", anchor="raised_at"),
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"A keyed fingerprint of an {row.get_kind_display()}",
    fields={
        "subject_id": link("the person it is about, as a number without a key", edge=Edge.PLACEHOLDER),
        "kind": _event,
        "key_version": not_personal("which of our keys made it"),
        "digest": personal(
            Category.EVIDENCE, source=Source.DERIVED, on_export=Export.HIDE, on_erase=keep(FOR_THE_RECORD)
        ),
        "raised_at": _event,
    },
)

declare(
    "privacy.Certificate",
    label="Certificates of erasure",
    labels={
        "request_reference": "reference of the request",
        "canonical": "what was signed",
    },
    reach="subject_id",
    action=Action.KEEP_UNTIL,
    retention=CERTIFICATE_TIME,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: row.reference,
    fields={
        "reference": _event,
        "subject_id": link("the person it is about, as a number without a key", edge=Edge.PLACEHOLDER),
        "request_reference": _event,
        "canonical": _event,
        "signature": not_personal("over the document"),
        "key_id": not_personal("names our signing key"),
        "issued_at": _event,
    },
)

declare(
    "privacy.SealedNeedles",
    label="What a sweep still looks for",
    reach="subject_id",
    action=Action.KEEP_UNTIL,
    retention=Retention.days(30, anchor="collected_at", words="until a sweep found nothing, 30 days at most"),
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"Sealed, for {row.request_reference}",
    fields={
        "request_reference": _event,
        "subject_id": link("the person it is about, as a number without a key", edge=Edge.PLACEHOLDER),
        "values": personal(
            Category.CONTACT,
            source=Source.DERIVED,
            on_export=Export.HIDE,
            on_erase=keep("it is looked for wherever we store anything, to show that nothing of you is left"),
            sensitive=True,
        ),
        "collected_at": _event,
    },
)

declare(
    "privacy.Countersignature",
    label="Second signatures under your certificates",
    labels={
        "canonical": "what was signed",
    },
    reach="certificate__subject_id",
    action=Action.KEEP_UNTIL,
    retention=Retention.as_its("certificate", CERTIFICATE_TIME),
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"Signed {row.signed_at:%-d %B %Y}",
    fields={
        "certificate": link("the certificate it stands under", edge=Edge.KEEP_UNTIL),
        "sweep": not_personal("the sweep that earned it"),
        "canonical": _event,
        "signature": not_personal("over the document"),
        "key_id": not_personal("names our signing key"),
        "signed_at": _event,
    },
)

declare_not_personal(
    "privacy.ResidueSweep", "where a sweep looked and how many hits it counted; never a value, and no person"
)

declare_not_personal("privacy.AuditBatch", "hashes over the audit trail, and how many events each covers")
declare_not_personal("privacy.AuditLeaf", "the number, moment and hash of an event; says nothing without the event")
