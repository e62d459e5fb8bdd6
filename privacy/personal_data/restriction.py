"""What the rights wing holds of data that are kept and not used because their person asked for it."""

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
    personal,
)

_noted = personal(Category.REQUEST, source=Source.DERIVED)
_somebody = personal(Category.REQUEST, source=Source.STAFF, on_export=Export.REDACT)

declare(
    "privacy.Restriction",
    label="Data kept aside because you asked for it",
    reach="subject",
    action=Action.DELETE_ROW,  # the request that began it stays as evidence
    retention=Retention.years("requests", anchor="lifted_at", fallback="since").not_while("lifted_at", None),
    purposes=[Purpose.RIGHTS],
    describe=lambda row: f"Since {row.since:%-d %B %Y}: {row.get_ground_display().lower()}",
    fields={
        "reference": personal(Category.REQUEST, source=Source.DERIVED),
        "subject": link("the person whose data are kept aside", edge=Edge.DEEP),
        "ground": personal(Category.REQUEST),
        # Blank as soon as it is over.
        "contact": personal(Category.CONTACT, sensitive=True, recipients=["mail"]),
        "since": _noted,
        "announced_at": _noted,
        "announced_by": _somebody,
        "reason": personal(Category.REQUEST, source=Source.STAFF),
        "ends_at": _noted,
        "lifted_at": _noted,
        "lifted_by": _somebody,
    },
)
