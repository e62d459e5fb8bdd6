"""What a request leaves behind: what was asked, each step of an erasure, and what is held back from one."""

from privacy.personal_data.terms import FOR_THE_RECORD, OF_ITS_REQUEST, REQUEST_TIME
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

_shown = personal(Category.REQUEST, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))
_somebody = personal(Category.REQUEST, source=Source.STAFF, on_export=Export.REDACT, on_erase=keep(FOR_THE_RECORD))

declare(
    "privacy.DataRequest",
    label="Your privacy requests",
    labels={
        "kind": "what you asked",
        "channel": "how it came",
        "wishes": "what exactly you want",
        "answer": "what we answered",
        "derivation": "how its dates came about",
        "execute_after": "not before",
    },
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
        "language": _shown,
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
    labels={
        "label": "what",
        "until_on": "until",
        "retained": "what was kept",
        "planned": "records planned",
        "affected": "records done",
        "blocker": "what is in the way",
        "receipt": "how it was done",
    },
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
    labels={
        "reason": "why",
    },
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
