"""What the consent ledger holds about people: what they said, what stands, and which browser was theirs.

What was said is evidence. It outlives an erasure as long as the records of requests do, hangs then on a bare number, and has
lost the network it came from. What stands (`ConsentState`) goes with the person.
"""

from datetime import datetime

from django.db.models import Q

from privacy.consent import ledger, projection
from privacy.register import subjects
from privacy.register.declare import (
    BLANK,
    Action,
    ByValue,
    Category,
    Edge,
    Export,
    Purpose,
    Retention,
    Source,
    declare,
    declare_not_personal,
    keep,
    link,
    not_personal,
    personal,
)

TO_SHOW_CONSENT = "what you agreed to and refused is kept to show that your choice was honoured (GDPR Art. 7(1))"
RECORD_TIME = Retention.years("requests", anchor="replaced_by__at", fallback="at").not_while("state__is_granted", True)

_said = personal(Category.PREFERENCE, on_erase=keep(TO_SHOW_CONSENT))
_noted = personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(TO_SHOW_CONSENT))
_stands = personal(Category.PREFERENCE, source=Source.DERIVED)


def old_noes(at: datetime) -> Q:
    """A no whose time has run. It says no more than silence does, unless a record with an older yes is joined to the person."""
    return Q(is_granted=False) & projection.NO_STANDS.past_due(at) & subjects.unlinked("subject")


declare(
    "privacy.ConsentRecord",
    label="What you agreed to, and what you refused",
    labels={
        "receipt": "number of the receipt",
        "visitor_id": "number of your browser",
        "matter": "what for",
        "about": "about which one",
        "decision": "what you said",
        "locale": "language",
        "surface": "where you said it",
        "network": "part of the network address",
        "actor": "by whom",
        "at": "when",
    },
    reach=ByValue(
        ledger.records_of,
        "the person record, or the cookie's number of a browser they signed in on",
        ledger.speakers_of,
    ),
    action=Action.KEEP_UNTIL,
    retention=RECORD_TIME,
    orphans="choices of visitors who never signed in",
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"{row.get_decision_display()}: {row.words}",
    fields={
        "receipt": _noted,
        "subject_id": link("the person who said it, as a number without a key", edge=Edge.PLACEHOLDER),
        "visitor_id": personal(
            Category.ONLINE, source=Source.OBSERVED, on_export=Export.SHOW, on_erase=keep(TO_SHOW_CONSENT)
        ),
        "matter": _said,
        "channel": _said,
        "about": personal(Category.LINKAGE, on_erase=keep(TO_SHOW_CONSENT)),
        "decision": _said,
        "notice": link("the text that was shown", edge=Edge.KEEP_UNTIL),
        "locale": _said,
        "surface": _said,
        "reason": personal(Category.EVIDENCE, source=Source.STAFF, on_erase=keep(TO_SHOW_CONSENT)),
        "network": personal(Category.ONLINE, source=Source.OBSERVED, on_erase=BLANK),
        "actor": personal(
            Category.EVIDENCE, source=Source.DERIVED, on_export=Export.REDACT, on_erase=keep(TO_SHOW_CONSENT)
        ),
        "at": _noted,
        "replaces": link("what was said before about the same thing", edge=Edge.KEEP_UNTIL),
    },
)

declare(
    "privacy.ConsentState",
    label="What you allow now",
    labels={
        "matter": "what for",
        "about": "about which one",
        "is_granted": "allowed",
    },
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.until_event("you are erased; a no, until its records go", model="privacy.Subject"),
    ended=old_noes,
    purposes=[Purpose.RIGHTS],
    describe=lambda row: f"{row.get_matter_display()}: {'yes' if row.is_granted else 'no'}",
    fields={
        "subject": link("the person who decided", edge=Edge.DEEP),
        "matter": _stands,
        "channel": _stands,
        "about": personal(Category.LINKAGE, source=Source.DERIVED),
        "is_granted": _stands,
        "record": link("where it was said", edge=Edge.DEEP),
        "decided_at": _stands,
    },
)

declare(
    "privacy.VisitorLink",
    label="Choices you made before you signed in",
    labels={
        "visitor_id": "number of your browser",
        "at": "when",
    },
    reach="subject_id",
    action=Action.KEEP_UNTIL,
    retention=Retention.years("requests", anchor="at"),
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"You signed in on {row.at:%-d %B %Y} in a browser where a choice had been made",
    fields={
        "visitor_id": personal(Category.ONLINE, source=Source.OBSERVED, on_erase=keep(TO_SHOW_CONSENT)),
        "subject_id": link("the person who signed in, as a number without a key", edge=Edge.PLACEHOLDER),
        "since": not_personal("where the link before it ends"),
        "at": _noted,
    },
)

declare_not_personal("privacy.ConsentNotice", "the texts we show; they are the same for everybody")
