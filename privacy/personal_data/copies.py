"""Copies of one's data: made, sent to another provider, and the code that showed who asked."""

from privacy.personal_data.terms import FOR_THE_RECORD, OF_ITS_REQUEST, REQUEST_TIME
from privacy.register import rotation
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
from privacy.rights import backups, packages

WHILE_TRANSFERRED = Retention.until_event("the transfer is over", model="privacy.Transfer")

_shown = personal(Category.REQUEST, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))

declare(
    "privacy.ExportPackage",
    label="Copies made for you",
    labels={
        "size_bytes": "size in bytes",
        "starts": "downloads begun",
        "spent_at": "used up at",
        "removed_at": "deleted at",
    },
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
    labels={
        "host": "where it was sent",
        "outcome": "what became of it",
    },
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

rotation.files("Copies waiting to be fetched", packages.folder)
rotation.files("Backups", backups.folder)
