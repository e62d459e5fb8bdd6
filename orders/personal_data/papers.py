"""What the papers of what was sold hold about people: certificates, appraisals, insurance files."""

from __future__ import annotations

from orders import papers, unfinished
from orders.models import SoldCertificate
from privacy.register import rotation
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

PAPER_YEARS = Retention.years("certificates", anchor="completed_at", fallback="placed_at").not_while(
    "state", *unfinished.IN_HAND
)


def describe_certificate(certificate: SoldCertificate) -> str:
    """How a certificate reads to its person."""
    return f"{certificate.lab} certificate of {certificate.line.title}"


declare(
    "orders.SoldCertificate",
    label="Certificates of your stones",
    reach="line__order__subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("line", Retention.as_its("order", PAPER_YEARS)),
    purposes=[Purpose.ORDER],
    describe=describe_certificate,
    fields={
        "line": link("the piece it describes", edge=Edge.DEEP),
        "lab": personal(Category.TRANSACTION, source=Source.DERIVED),
        "number": personal(Category.TRANSACTION, source=Source.DERIVED, sensitive=True),
        "key_version": not_personal("which of our keys made the digest"),
        "digest": personal(Category.TRANSACTION, source=Source.DERIVED, on_export=Export.HIDE),
        "is_demo": not_personal("whether the number is made up"),
        "sold_at": personal(Category.TRANSACTION, source=Source.DERIVED),
    },
)

declare(
    "orders.Paper",
    label="Appraisals and insurance files",
    reach="order__subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("order", PAPER_YEARS),
    purposes=[Purpose.ORDER],
    describe=lambda paper: f"{paper.get_kind_display()}: {paper.title}",
    fields={
        "order": link("the order it was made for", edge=Edge.DEEP),
        "kind": personal(Category.TRANSACTION, source=Source.STAFF),
        "title": personal(Category.TRANSACTION, source=Source.STAFF, sensitive=True),
        "file": personal(Category.TRANSACTION, source=Source.STAFF, sensitive=True),
        "content_type": not_personal("whether a PDF or a picture"),
        "size_bytes": not_personal("how large the file is"),
        "added_at": personal(Category.TRANSACTION, source=Source.STAFF),
    },
)

rotation.digests_also(papers.redigest)
rotation.files("Appraisals and insurance files", papers.folder)
