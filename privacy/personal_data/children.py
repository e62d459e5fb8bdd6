"""What is held about children and their parents: a parent's word, the steps of a report, and what no form takes any more."""

from privacy.personal_data.terms import FOR_THE_RECORD, OF_ITS_REQUEST
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

_noted = personal(Category.EVIDENCE, source=Source.DERIVED, visible_export=Export.SHOW)

declare(
    "privacy.ParentalConsent",
    label="A parent's word for an account",
    reach="child",
    visible="parent",
    action=Action.DELETE_ROW,
    retention=Retention.while_account(),
    purposes=[Purpose.RIGHTS],
    describe=lambda row: f"{row.get_state_display()}, asked on {row.asked_at:%-d %B %Y}",
    fields={
        "id": not_personal("a random number"),
        "child": link("the person the word is for", edge=Edge.DEEP),
        "parent": link("the person record of who gave it", edge=Edge.DEEP),
        # The parent's: the child's copy says only that there is one.
        "contact": personal(
            Category.CONTACT,
            sensitive=True,
            recipients=["mail"],
            on_export=Export.REDACT,
            visible_export=Export.SHOW,
            visible_erase=BLANK,
        ),
        "state": _noted,
        "notice": link("the text that was read", edge=Edge.DEEP),
        "asked_at": _noted,
        "agreed_at": _noted,
    },
)

_step = personal(Category.REQUEST, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))
STOPPED_FOR = Retention.days(
    3653, anchor="raised_at", words="10 years, when even the youngest child is no child any more"
)

declare(
    "privacy.ChildCase",
    label="What became of a report about a child",
    labels={
        "finding": "what was found",
        "how": "how it was found",
        "parent": "where the parent reads mail",
    },
    reach="request__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_REQUEST,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"Looked into on {row.verified_at:%-d %B %Y}",
    fields={
        "request": link("the request it belongs to", edge=Edge.KEEP_UNTIL),
        # What was found is about the child, not about who reported them.
        "finding": personal(
            Category.REQUEST, source=Source.STAFF, on_export=Export.REDACT, on_erase=keep(FOR_THE_RECORD)
        ),
        "how": personal(Category.REQUEST, source=Source.STAFF, on_export=Export.REDACT, on_erase=keep(FOR_THE_RECORD)),
        "verified_at": _step,
        "verified_by": personal(
            Category.REQUEST, source=Source.STAFF, on_export=Export.REDACT, on_erase=keep(FOR_THE_RECORD)
        ),
        "erasures": not_personal("the references of erasures, which name nobody"),
        "deleted_at": _step,
        "parent": personal(
            Category.CONTACT, sensitive=True, recipients=["mail"], on_export=Export.REDACT, on_erase=BLANK
        ),
        "told_at": _step,
    },
)

declare(
    "privacy.CollectionStop",
    label="Fingerprints that keep a child's data out",
    reach="subject_id",
    action=Action.KEEP_UNTIL,
    retention=STOPPED_FOR,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"A keyed fingerprint of an {row.get_kind_display()}",
    fields={
        "subject_id": link("the person it is about, as a number without a key", edge=Edge.PLACEHOLDER),
        "kind": _step,
        "key_version": not_personal("which of our keys made it"),
        "digest": personal(
            Category.EVIDENCE, source=Source.DERIVED, on_export=Export.HIDE, on_erase=keep(FOR_THE_RECORD)
        ),
        "raised_at": _step,
    },
)
