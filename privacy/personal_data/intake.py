"""What taking a request in leaves behind: how its person was known, what was enclosed, and who asked for them."""

from privacy.personal_data.terms import FOR_THE_RECORD, OF_ITS_REQUEST
from privacy.register import rotation
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Export,
    Purpose,
    Source,
    declare,
    keep,
    link,
    not_personal,
    personal,
)
from privacy.rights import attachments

_checked = personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))
_noted = personal(Category.REQUEST, source=Source.DERIVED)

declare(
    "privacy.IdentityCheck",
    label="How we made sure that it was you",
    labels={
        "method": "how",
        "passed": "whether it was shown",
        "at": "when",
    },
    reach="request__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_REQUEST,
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"{row.get_method_display()}: {'yes' if row.passed else 'no'}",
    fields={
        "request": link("the request it belongs to", edge=Edge.KEEP_UNTIL),
        "method": _checked,
        "passed": _checked,
        "at": _checked,
    },
)

declare(
    "privacy.Attachment",
    label="Files that came with your requests",
    reach="request__subject",
    action=Action.DELETE_ROW,
    retention=OF_ITS_REQUEST,
    purposes=[Purpose.RIGHTS],
    describe=lambda row: f"{row.get_kind_display()} ({row.get_content_type_display()})",
    fields={
        "id": not_personal("a random number"),
        "request": link("the request it came with", edge=Edge.DEEP),
        "kind": _noted,
        "title": personal(Category.REQUEST, sensitive=True),
        "file": personal(Category.REQUEST, sensitive=True),
        "content_type": not_personal("whether a PDF or a picture"),
        "size_bytes": not_personal("how large the file is"),
        "added_at": _noted,
        "discarded_at": _noted,
    },
)

declare(
    "privacy.Agent",
    label="Who asked in your name",
    reach="request__subject",
    action=Action.DELETE_ROW,
    retention=OF_ITS_REQUEST,
    purposes=[Purpose.RIGHTS],
    describe=lambda row: f"Asked {row.asked_at:%-d %B %Y}",
    fields={
        "request": link("what they asked for", edge=Edge.DEEP),
        "name": personal(Category.NAME, source=Source.AGENT, sensitive=True),
        # Somebody else's address, on the row of the person they act for.
        "email": personal(
            Category.CONTACT, source=Source.AGENT, on_export=Export.REDACT, sensitive=True, recipients=["mail"]
        ),
        "asked_at": _noted,
        "confirmed_at": _noted,
    },
)

rotation.files("Files that came with requests", attachments.folder)
