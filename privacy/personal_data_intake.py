"""What taking a request in leaves behind: how its person was known."""

from privacy.personal_data_terms import FOR_THE_RECORD, OF_ITS_REQUEST
from privacy.register.declare import Action, Category, Edge, Purpose, Source, declare, keep, link, personal

_checked = personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(FOR_THE_RECORD))

declare(
    "privacy.IdentityCheck",
    label="How we made sure that it was you",
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
