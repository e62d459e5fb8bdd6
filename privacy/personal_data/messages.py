"""What leaves the house about people, and who received it."""

from django.conf import settings

from privacy.ground import mail_services
from privacy.register import disclosures
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Processor,
    Purpose,
    Retention,
    Source,
    declare,
    declare_processor,
    keep,
    link,
    personal,
)

_event = personal(
    Category.EVIDENCE,
    source=Source.DERIVED,
    on_erase=keep("records of who received what are kept to show that your rights were honoured"),
)

declare(
    "privacy.Disclosure",
    label="Who received what about you",
    labels={
        "processor": "who received it",
        "purpose": "what for",
        "host": "where it was sent",
        "actor": "on whose word",
        "at": "when",
    },
    reach="subject_id",
    action=Action.KEEP_UNTIL,
    retention=Retention.years("requests", anchor="at"),
    orphans="messages to an address that no person record carries, such as a sign-up that was refused",
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"{disclosures.name_of(row.processor)}, {disclosures.words_of(row.purpose)}",
    fields={
        "processor": _event,
        "subject_id": link("the person it is about, as a number without a key", edge=Edge.PLACEHOLDER),
        "keys": _event,
        "purpose": _event,
        "host": _event,
        "reference": _event,
        "actor": _event,
        "at": _event,
    },
)

declare_processor(
    Processor(
        slug="mail",
        name="The mail service",
        is_a="mail services",
        purpose=Purpose.SUPPORT,
        payload=dict.fromkeys(("to", "title", "text", "html"), "privacy.Message.payload"),
        is_written=True,
        about_nobody={
            "from": "the shop's own address",
            "message-id": "the mail's random number",
            "metadata": "the same number, for a mail service that has names of its own for mails",
            "pictures": "pieces of the catalogue, the same picture for every reader",
            "auto-submitted": "that a machine wrote it",
            "list-unsubscribe": "a sealed link by which its reader leaves; says nothing to anybody but us",
            "list-unsubscribe-post": "that the link may be pressed by the mail program",
        },
        after_erasure="Mails that reached your mailbox stay there; the service forgets its delivery log within days.",
        corrects="Nothing to put right: a mail that was delivered stays as it was written. The next one says what is right.",
        hosts=mail_services.HOSTS.get(settings.LOUPE_MAIL_SERVICE, (settings.EMAIL_HOST.lower(),)),
    )
)
