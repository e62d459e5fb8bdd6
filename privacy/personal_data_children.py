"""What is held about children and their parents: a parent's word for an account."""

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
