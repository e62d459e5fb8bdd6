"""Who stands on a list for a partner, and what a partner gets."""

from privacy.consent import partners
from privacy.register.declare import (
    Action,
    Category,
    Edge,
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

declare_not_personal("privacy.PartnerList", "which partner a file was made for, when, and how many stood on it")

declare(
    "privacy.PartnerListed",
    label="On lists for partners",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.days(14, anchor="put_at"),
    purposes=[Purpose.MARKETING],
    describe=lambda row: f"Put on a list for a partner on {row.put_at:%-d %B %Y}",
    fields={
        "partner_list": not_personal("the list it stands on"),
        "subject": link("the person who agreed", edge=Edge.DEEP),
        "email": personal(Category.CONTACT, source=Source.DERIVED, sensitive=True, recipients=[partners.KIND]),
        "put_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)

declare_processor(
    Processor(
        slug=partners.KIND,
        name="A partner whom you agreed to hear from",
        is_a="partners who write to people who agreed to that",
        is_kind=True,
        writes_for_itself=True,
        purpose=Purpose.MARKETING,
        payload={"email": "privacy.PartnerListed.email"},
        about_nobody={"number": "a random number that only this partner and we can read, by which it is told of a no"},
        after_erasure="We tell it, by a number, that you agree no more; by our agreement it then deletes what it got.",
        corrects="By hand: the next list has the address that is right.",
    )
)
