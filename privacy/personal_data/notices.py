"""What telling people of changes and breaches leaves behind."""

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
    link,
    not_personal,
    personal,
)

declare_not_personal("privacy.PolicyVersion", "a text of the shop's own, as it was published")
declare_not_personal("privacy.Announcement", "what everybody was told, and of which tables; names nobody")

_told = personal(Category.EVIDENCE, source=Source.DERIVED)

declare(
    "privacy.AnnouncementDelivery",
    label="Announcements you were told of",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.years("requests", anchor="created_at"),
    purposes=[Purpose.RIGHTS],
    describe=lambda row: row.announcement.get_occasion_display(),
    fields={
        "announcement": not_personal("what was told"),
        "subject": link("the person it was told to", edge=Edge.DEEP),
        "key_version": not_personal("which of our keys made the fingerprint"),
        "digest": personal(Category.CONTACT, source=Source.DERIVED, on_export=Export.HIDE),
        "state": _told,
        "mail_id": not_personal("the random number of its mail, which has a line of its own"),
        "created_at": _told,
        "posted_at": _told,
    },
)
