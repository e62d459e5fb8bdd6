"""What people and the privacy desk write to each other about a request."""

from privacy.personal_data.terms import OF_ITS_REQUEST
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Export,
    Purpose,
    Source,
    declare,
    link,
    not_personal,
    personal,
)

_noted = personal(Category.EVIDENCE, source=Source.DERIVED)

declare(
    "privacy.RequestMessage",
    label="Messages about your requests",
    labels={
        "is_from_staff": "written by us",
        "text": "what it says",
    },
    reach="request__subject",
    action=Action.DELETE_ROW,
    retention=OF_ITS_REQUEST,
    purposes=[Purpose.RIGHTS],
    describe=lambda row: f"{'From us' if row.is_from_staff else 'From you'}, {row.sent_at:%-d %B %Y}",
    fields={
        "id": not_personal("a random number"),
        "request": link("the request it is about", edge=Edge.DEEP),
        "is_from_staff": _noted,
        "written_by": personal(Category.EVIDENCE, source=Source.DERIVED, on_export=Export.REDACT),
        # Free words, but the desk cannot answer what it may not read: open to whoever works for people's rights.
        "text": personal(Category.MESSAGE),
        "sent_at": _noted,
        "read_at": _noted,
    },
)
