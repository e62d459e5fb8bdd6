"""What the record of a leak holds about people: whose staff account was misused, and nobody else."""

from privacy.register.declare import (
    Action,
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

KEPT_WITH_IT = "the record of a leak has to show what happened (GDPR Art. 33(5))"

declare_not_personal(
    "privacy.Incident", "what leaked by table and window, dates, and words for everybody; names nobody"
)
declare_not_personal("privacy.IncidentEntry", "what was found out and done about a leak; names nobody")
declare_not_personal("privacy.IncidentAction", "what a desk still has to do about a leak; names nobody")
declare_not_personal("privacy.AuthorityNotice", "what an authority was told: tables, counts and words for everybody")

declare(
    "privacy.MisusedAccount",
    label="Leaks in which your staff account was misused",
    reach="subject",
    action=Action.KEEP_UNTIL,
    retention=Retention.years("requests", anchor="added_at"),
    purposes=[Purpose.SECURITY],
    is_evidence=True,
    describe=lambda row: row.incident.reference,
    fields={
        "incident": not_personal("the leak it belongs to"),
        "subject": link("the member of staff, as a number", edge=Edge.PLACEHOLDER),
        # In a copy it could warn whoever is being looked into; they read of it from the people who lead them.
        "actor": personal(Category.EVIDENCE, source=Source.STAFF, on_export=Export.HIDE, on_erase=keep(KEPT_WITH_IT)),
        "added_at": personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(KEPT_WITH_IT)),
    },
)
