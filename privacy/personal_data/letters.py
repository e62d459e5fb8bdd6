"""What waits to be printed. Who prints it is declared where the addresses are (`accounts.personal_data`)."""

from privacy.messages import print_lists
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Purpose,
    Retention,
    Source,
    declare,
    declare_not_personal,
    link,
    not_personal,
    personal,
)

declare_not_personal("privacy.PrintList", "which letters are printed together, and when they were; names nobody")
declare_not_personal(
    "privacy.CampaignWay", "what a newsletter says by one way, and how far it has come; names no reader"
)

PRINTED = (print_lists.PROCESSOR,)

declare(
    "privacy.ListedLetter",
    label="Letters to be printed",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.days(
        14, anchor="print_list__taken_at", fallback="put_at", words="14 days after it was handed over to be printed"
    ),
    orphans="a letter to an address that no person record carries",
    purposes=[Purpose.ORDER, Purpose.ACCOUNT, Purpose.RIGHTS, Purpose.MARKETING],
    describe=lambda row: f"A letter put on a list on {row.put_at:%-d %B %Y}",
    fields={
        "id": not_personal("the random number of its message"),
        "print_list": not_personal("the list it stands on"),
        "subject": link("the person it goes to", edge=Edge.DEEP),
        "address": personal(Category.ADDRESS, source=Source.DERIVED, sensitive=True, recipients=PRINTED),
        "content": personal(Category.MESSAGE, source=Source.DERIVED, sensitive=True, recipients=PRINTED),
        "put_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)
