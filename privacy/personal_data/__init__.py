"""What privacy's own tables hold about people. They are declared like everybody else's.

Most of them are evidence: they prove what was done for somebody, with references, dates and counts, and outlive the erasure.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from privacy.personal_data import (  # nouns of their own, declared with the rest
    campaigns,  # noqa: F401
    children,  # noqa: F401
    consent,  # noqa: F401
    conversation,  # noqa: F401
    demands,  # noqa: F401
    inbox,  # noqa: F401
    incidents,  # noqa: F401
    intake,  # noqa: F401
    messages,  # noqa: F401
    notices,  # noqa: F401
    objections,  # noqa: F401
    preferences,  # noqa: F401
    restriction,  # noqa: F401
)
from privacy.personal_data.terms import FOR_THE_RECORD, OF_ITS_REQUEST, REQUEST_TIME
from privacy.register import rotation, subjects
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
    declare_not_personal,
    keep,
    link,
    not_personal,
    personal,
)
from privacy.rights import packages

CERTIFICATE_TIME = Retention.years("orders", anchor="issued_at")  # as long as what it says is kept
LEFT_ALONE = timedelta(days=30)  # nothing is hung on a person record that much later
WHILE_TRANSFERRED = Retention.until_event("the transfer is over", model="privacy.Transfer")
AS_LONG_AS_NAMED = Retention.until_event("no record names it any more", model="privacy.Subject")

_shown = personal(Category.REQUEST, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))
_somebody = personal(Category.REQUEST, source=Source.STAFF, on_export=Export.REDACT, on_erase=keep(FOR_THE_RECORD))
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

declare(
    "privacy.Message",
    label="Messages we sent you",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.years("requests", anchor="created_at"),
    orphans="mail to an address that no person record carries, such as a sign-up that was refused",
    purposes=[Purpose.ORDER, Purpose.ACCOUNT, Purpose.RIGHTS],
    describe=lambda row: row.kind.partition(".")[2].replace("_", " ").capitalize(),
    fields={
        "id": not_personal("a random number"),
        "kind": personal(Category.EVIDENCE, source=Source.DERIVED),
        "subject": link("the person it went to", edge=Edge.DEEP),
        "reference": personal(Category.EVIDENCE, source=Source.DERIVED),
        "state": personal(Category.EVIDENCE, source=Source.DERIVED),
        # May hold a link that signs in; blank as soon as the mail has gone.
        "payload": personal(
            Category.MESSAGE, source=Source.DERIVED, on_export=Export.HIDE, sensitive=True, recipients=["mail", "sms"]
        ),
        "channel": personal(Category.EVIDENCE, source=Source.DERIVED),
        "attempts": not_personal("how often sending was tried"),
        "next_attempt_at": not_personal("when sending is tried next"),
        "stopped_because": personal(Category.EVIDENCE, source=Source.DERIVED),
        "created_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "sent_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "settled_at": not_personal("when the staff dealt with one that came to nothing"),
    },
)

declare(
    "privacy.AuditEvent",
    label="What was done, and by whom",
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
    "privacy.DataRequest",
    label="Your privacy requests",
    reach="subject",
    action=Action.KEEP_UNTIL,
    retention=REQUEST_TIME,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"{row.get_kind_display()} ({row.reference})",
    fields={
        "id": not_personal("a random number"),
        "reference": _shown,
        "subject": link("the person who asks", edge=Edge.PLACEHOLDER),
        "kind": _shown,
        "channel": _shown,
        "state": _shown,
        "contact": personal(
            Category.CONTACT,
            on_erase=keep("it is needed to answer you, and blanked with the last answer"),
            sensitive=True,
            recipients=["mail"],
        ),
        # Free words, but the desk cannot carry out what it may not read.
        "wishes": personal(Category.REQUEST, on_erase=BLANK, sensitive=True, purposes=[Purpose.RIGHTS]),
        "answer": personal(
            Category.REQUEST, source=Source.STAFF, on_erase=BLANK, sensitive=True, purposes=[Purpose.RIGHTS]
        ),
        "assigned_to": personal(
            Category.REQUEST, source=Source.STAFF, on_export=Export.HIDE, on_erase=keep(FOR_THE_RECORD)
        ),
        "escalated": not_personal("how often staff were reminded of its date"),
        "received_at": _shown,
        "entered_at": _shown,
        "verified_at": _shown,
        "first_reply_due_at": _shown,
        "first_replied_at": _shown,
        "due_at": _shown,
        "derivation": _shown,
        "approved_at": _shown,
        "approved_by": _somebody,
        "execute_after": _shown,
        "refused_at": _shown,
        "refused_by": _somebody,
        "refusal_ground": _shown,
        "refusal_reason": personal(Category.REQUEST, source=Source.STAFF, on_erase=keep(FOR_THE_RECORD)),
        "extended_at": _shown,
        "extended_by": _somebody,
        "extension_reason": personal(Category.REQUEST, source=Source.STAFF, on_erase=keep(FOR_THE_RECORD)),
        "retry_at": not_personal("when a worker looks again"),
        "completed_at": _shown,
        "joined_to": link("the request that answers this one too", edge=Edge.KEEP_UNTIL),
        "against": link("the refused request it appeals against", edge=Edge.KEEP_UNTIL),
        "links_sent": not_personal("how often the confirming mail was sent"),
    },
)

declare(
    "privacy.ErasureStep",
    label="Steps of your erasure",
    reach="request__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_REQUEST,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: row.label,
    fields={
        "request": link("the request it belongs to", edge=Edge.KEEP_UNTIL),
        "position": not_personal("its place in the order"),
        "kind": not_personal("whether rows or a processor"),
        "target": not_personal("the table or the processor"),
        "label": _shown,
        "is_record": not_personal("whether the rows are evidence"),
        "goes": _shown,
        "stays": _shown,
        "why": _shown,
        "until_on": _shown,
        "retained": _shown,
        "planned": _shown,
        "affected": _shown,
        "cursor": not_personal("the number of the last row dealt with"),
        "state": _shown,
        "blocker": _shown,
        "receipt": _shown,
        "attempts": not_personal("how often a worker tried"),
        "finished_at": _shown,
    },
)

declare(
    "privacy.LegalHold",
    label="Legal holds",
    reach="subject",
    action=Action.KEEP_UNTIL,
    retention=Retention.years("requests", anchor="released_at", fallback="placed_at").not_while("released_at", None),
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"{row.reference}, looked at again by {row.review_on:%-d %B %Y}",
    fields={
        "reference": _shown,
        "subject": link("the person whose data are held", edge=Edge.PLACEHOLDER),
        "model": not_personal("the table that is held"),
        "row": personal(Category.LINKAGE, source=Source.STAFF, on_export=Export.HIDE, on_erase=keep(FOR_THE_RECORD)),
        "reason": personal(Category.EVIDENCE, source=Source.STAFF, on_erase=keep(FOR_THE_RECORD)),
        "owner": personal(Category.EVIDENCE, source=Source.STAFF, on_export=Export.HIDE, on_erase=keep(FOR_THE_RECORD)),
        "review_on": _shown,
        "placed_at": _shown,
        "placed_by": personal(
            Category.EVIDENCE, source=Source.STAFF, on_export=Export.HIDE, on_erase=keep(FOR_THE_RECORD)
        ),
        "released_at": _shown,
        "released_by": personal(
            Category.EVIDENCE, source=Source.STAFF, on_export=Export.HIDE, on_erase=keep(FOR_THE_RECORD)
        ),
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
    "privacy.ExportPackage",
    label="Copies made for you",
    reach="request__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_REQUEST,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    eraser=packages.discard,
    describe=lambda _: "A copy, sealed until it is fetched, gone after 72 hours",
    fields={
        "request": link("the request it answers", edge=Edge.KEEP_UNTIL),
        "file_name": not_personal("a random name on our disk"),
        "size_bytes": _shown,
        "sha256": not_personal("the checksum of the file that was handed out"),
        "built_at": _shown,
        "expires_at": _shown,
        "starts": _shown,
        "last_started_at": _shown,
        "spent_at": _shown,
        "removed_at": _shown,
    },
)

declare(
    "privacy.Transfer",
    label="Copies sent to other providers",
    reach="package__request__subject",
    action=Action.KEEP_UNTIL,
    retention=Retention.as_its("package__request", REQUEST_TIME),
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"To {row.host}: {row.get_state_display().lower()}",
    fields={
        "id": not_personal("a random number"),
        "package": link("the copy that was sent", edge=Edge.KEEP_UNTIL),
        "host": personal(Category.REQUEST, on_erase=keep(FOR_THE_RECORD)),
        # May hold a key of the other provider's; blank as soon as the transfer is over.
        "address": personal(
            Category.REQUEST, on_export=Export.HIDE, on_erase=BLANK, sensitive=True, retention=WHILE_TRANSFERRED
        ),
        "contact": personal(Category.CONTACT, on_erase=BLANK, sensitive=True, retention=WHILE_TRANSFERRED),
        "state": _shown,
        "outcome": _shown,
        "asked_at": _shown,
        "started_at": _shown,
        "finished_at": _shown,
    },
)

declare(
    "privacy.IdentityCode",
    label="Codes that showed it was you",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.days(1, anchor="sent_at"),
    purposes=[Purpose.SECURITY],
    describe=lambda _: "Six digits that were mailed to you",
    fields={
        "id": not_personal("a random number"),
        "subject": link("the person it was mailed to", edge=Edge.DEEP),
        "digest": personal(Category.CREDENTIAL, source=Source.DERIVED, on_export=Export.HIDE, sensitive=True),
        "sent_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "expires_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "tries": personal(Category.EVIDENCE, source=Source.OBSERVED),
        "used_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)

declare(
    "privacy.Certificate",
    label="Certificates of erasure",
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

rotation.files("Copies waiting to be fetched", packages.folder)
declare_not_personal("privacy.AuditBatch", "hashes over the audit trail, and how many events each covers")
declare_not_personal("privacy.AuditLeaf", "the number, moment and hash of an event; says nothing without the event")
