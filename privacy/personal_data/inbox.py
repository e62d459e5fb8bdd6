"""What the inbox holds about people: their mails to the shop, each under the address that sent it."""

from urllib.parse import urlsplit

from django.conf import settings

from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Export,
    Processor,
    Purpose,
    Retention,
    Source,
    declare,
    declare_not_personal,
    declare_processor,
    link,
    not_personal,
    personal,
)

_noted = personal(Category.EVIDENCE, source=Source.DERIVED)

declare(
    "privacy.InboundMail",
    label="Mails you sent us",
    labels={
        "route": "what we took it for",
        "because": "why we took it for that",
        "about": "what it is about",
        "is_proven": "shown to be from you",
        "is_whole": "kept whole",
        "size_bytes": "size in bytes",
        "enclosures": "files in it",
        "cards_masked": "card numbers masked",
    },
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.years("requests", anchor="handled_at", fallback="received_at").not_while(
        "state", "new", "waiting"
    ),
    orphans="mail without an address that one could answer, or written by a machine: of that nothing is kept but that it came",
    purposes=[Purpose.SUPPORT, Purpose.RIGHTS],
    describe=lambda row: f"{row.get_route_display()} ({row.reference})",
    fields={
        "id": not_personal("a random number"),
        "reference": _noted,
        "digest": not_personal("a checksum of the mail, by which the same one is known again"),
        "envelope": not_personal("a checksum of its headers, by which the mailbox is asked for it"),
        "subject": link("the person record of the address that sent it", edge=Edge.DEEP),
        "sender": personal(Category.CONTACT, sensitive=True, recipients=["mail"]),
        "letter": personal(Category.MESSAGE, sensitive=True),
        "route": _noted,
        "because": _noted,
        "about": _noted,
        "via": not_personal("by which door it came"),
        "state": _noted,
        "is_proven": _noted,
        "is_silent": not_personal("whether a machine may answer"),
        "is_whole": _noted,
        "size_bytes": _noted,
        "enclosures": _noted,
        "cards_masked": _noted,
        "received_at": _noted,
        "kept_at": _noted,
        "due_at": _noted,
        "handled_at": _noted,
        "handled_by": personal(Category.EVIDENCE, source=Source.STAFF, on_export=Export.REDACT),
    },
)

declare_processor(
    Processor(
        slug="sms",
        name="The text service",
        is_a="telephone companies",
        purpose=Purpose.DELIVERY,
        payload=dict.fromkeys(("to", "text"), "privacy.Message.payload"),
        is_written=True,
        about_nobody={
            "from": "the shop's own number",
            "status-callback": "where the service tells us what became of the text, by its random number",
        },
        after_erasure="Texts that reached your telephone stay there; the service forgets its log by its own clock.",
        corrects="Nothing to put right: a text that was delivered stays as it was written. The next one says what is right.",
        hosts=(urlsplit(settings.TWILIO_API_BASE).hostname or "",),
        is_used=lambda: bool(settings.LOUPE_SMS == "twilio"),
    )
)

declare_not_personal(
    "privacy.InboundText", "that a text came and which word it was; neither its number nor what it said"
)
