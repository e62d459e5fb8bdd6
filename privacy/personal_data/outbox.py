"""Messages on their way, and those that left."""

from privacy.register.declare import (
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

declare(
    "privacy.Message",
    label="Messages we sent you",
    labels={
        "kind": "what it is about",
    },
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
