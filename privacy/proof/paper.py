"""A certificate on paper: one PDF with the words of the page, set in the shop's own type, and the signed JSON attached.

The attachment stands in the file uncompressed, so that a verifier needs no PDF reader: `certificates.read` finds it, and so does
anybody with a text editor.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from privacy.proof import certificates, signing
from privacy.proof.models import Certificate, Countersignature
from privacy.register.vocabulary import date_words

INK: Final = (30, 27, 24)
SOFT: Final = (107, 99, 91)
METAL: Final = (134, 101, 44)
HAIRLINE: Final = (231, 225, 217)
MARGIN: Final = 22.0
LABEL: Final = 44.0


class Sheet(FPDF):
    """A4 with a double border in metal on every page, and the reference and page number at its foot."""

    def __init__(self, reference: str) -> None:
        super().__init__(format="A4")
        self.reference = reference
        self.add_font("Text", "", settings.LOUPE_PAPER_TEXT)
        self.add_font("Display", "", settings.LOUPE_PAPER_DISPLAY)
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 6)
        self.alias_nb_pages()

    def header(self) -> None:
        """The border."""
        self.set_draw_color(*METAL)
        for inset in (9.0, 11.0):
            self.set_line_width(0.2)
            self.rect(inset, inset, self.w - 2 * inset, self.h - 2 * inset)
        self.set_y(MARGIN)

    def footer(self) -> None:
        """Which certificate, which page."""
        self.set_y(-20)
        self._write(7.5, SOFT, f"{self.reference}, page {self.page_no()} of {{nb}}", align="C")

    def title_page(self, eyebrow: str, title: str, below: str) -> None:
        """The head of the first page."""
        self.ln(4)
        self._write(8, METAL, eyebrow.upper(), align="C", height=5)
        self.set_font("Display", "", 30)
        self.set_text_color(*INK)
        self.cell(0, 14, title, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._write(9.5, SOFT, below, align="C", height=6)
        self.ln(4)

    def part(self, heading: str) -> None:
        """A heading with a hairline above it."""
        if self.will_page_break(26):
            self.add_page()
        self.ln(4)
        self.set_draw_color(*HAIRLINE)
        self.line(MARGIN, self.y, self.w - MARGIN, self.y)
        self.ln(3)
        self.set_font("Display", "", 15)
        self.set_text_color(*INK)
        self.cell(0, 8, heading, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def fact(self, label: str, words: str) -> None:
        """What, and what about it."""
        if self.will_page_break(12):
            self.add_page()
        top = self.y
        self.set_font("Text", "", 8.5)
        self.set_text_color(*SOFT)
        self.multi_cell(LABEL, 4.6, label, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        bottom, page = self.y, self.page
        self.set_xy(MARGIN + LABEL + 4, top)
        self.set_text_color(*INK)
        self.multi_cell(0, 4.6, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if self.page == page:
            self.set_y(max(bottom, self.y))
        self.ln(1.6)

    def small(self, words: str) -> None:
        """Fine print."""
        self._write(7.5, SOFT, words, height=4)

    def _write(
        self, size: float, colour: tuple[int, int, int], words: str, *, align: str = "L", height: float = 4
    ) -> None:
        self.set_font("Text", "", size)
        self.set_text_color(*colour)
        self.multi_cell(0, height, words, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def printed(certificate: Certificate) -> bytes:
    """The PDF of a certificate; the same bytes each time, until it is countersigned."""
    document, second = certificate.document, certificates.countersignature_of(certificate)
    sheet = Sheet(certificate.reference)
    sheet.set_title(f"Certificate of erasure {certificate.reference}")
    sheet.set_author(str(document["shop"]))
    sheet.set_creation_date(second.signed_at if second else certificate.issued_at)
    sheet.add_page()
    sheet.title_page(
        "Certificate of erasure",
        certificate.reference,
        f"issued {date_words(certificate.issued_at)} by {document['shop']}",
    )
    _examined(sheet, document)
    _found(sheet, document)
    _countersigned(sheet, second)
    _how_to_check(sheet, certificate, second)
    attached = json.dumps(certificates.published(certificate), ensure_ascii=False, sort_keys=True).encode()
    sheet.embed_file(bytes=attached, basename=f"{certificate.reference}.json", mime_type="application/json")
    return bytes(sheet.output())


def _examined(sheet: Sheet, document: dict[str, Any]) -> None:
    sheet.part("What was examined")
    sheet.fact("Request", str(document["request"]))
    for label, name in (("Received", "received_at"), ("Approved", "approved_at"), ("Erased", "erased_at")):
        sheet.fact(label, _day(document[name]))
    coverage = document["coverage"]
    sheet.fact("Looked at again", f"{coverage['models']} places of the register, {coverage['residue']} left behind")
    sheet.fact("Backups", backup_words(document))


def _found(sheet: Sheet, document: dict[str, Any]) -> None:
    sheet.part("What was erased")
    for part in document["erased"]:
        sheet.fact(part["what"], f"{_rows(part['rows'])}. {part['fields']}")
    if not document["erased"]:
        sheet.fact("Rows", "None were held.")
    sheet.part("What stays")
    for part in document["retained"]:
        basis = f" On the basis of {part['basis']}." if part.get("basis") else ""
        sheet.fact(part["what"], f"{part['fields']} {part['reason']}{basis}{_ends(part['until'])}")
    for hold in document.get("legal_holds", []):
        sheet.fact("Legal hold", f"{hold['hold']}: {hold['about']}, to be reviewed by {_day(hold['review_on'])}.")
    if not document["retained"]:
        sheet.fact("Rows", "None.")
    if document["processors"]:
        sheet.part("Who works for us")
        for each in document["processors"]:
            receipt = f"Receipt: {each['receipt']}. " if each["receipt"] else ""
            sheet.fact(each["name"], f"{receipt}{each['keeps']}" or "Holds nothing for us.")


def _countersigned(sheet: Sheet, second: Countersignature | None) -> None:
    sheet.part("Countersigned")
    if second is None:
        sheet.fact("Sweep", "Not yet. Each night everything the shop stores is looked through once for all erasures.")
        return
    looked = second.document["coverage"]
    sheet.fact("Sweep", f"{second.document['sweep']}, {date_words(second.signed_at)}: nothing was found")
    sheet.fact("Looked through", looked_words(looked))


def _how_to_check(sheet: Sheet, certificate: Certificate, second: Countersignature | None) -> None:
    sheet.part("How to check it")
    page = f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:certificate_check')}"
    sheet.small(
        f"Give this file to {page}, or check it without us: {certificate.reference}.json is attached to it. Take its member "
        f"“document”, write it with sorted keys, without spaces, as UTF-8, and check the signature with Ed25519 and the public key."
    )
    sheet.ln(2)
    sheet.small(f"Key {certificate.key_id}: {signing.public_keys().get(certificate.key_id, 'no longer published')}")
    sheet.small(f"Signature: {certificate.signature}")
    if second is not None:
        sheet.small(f"Countersignature, key {second.key_id}: {second.signature}")


# Words that the page and the paper share


def backup_words(document: dict[str, Any]) -> str:
    """Until when a copy in a backup may still hold the person."""
    backups = document.get("backups")
    if not backups:
        return str(document["coverage"].get("backups", "")).capitalize()
    return f"Copies in backups are gone by {_day(backups['gone_by'])}: the oldest one gets {backups['oldest_days']} days old."


def looked_words(looked: dict[str, Any]) -> str:
    """Where a sweep looked."""
    return (
        f"{looked['tables']} tables, {looked['columns']} columns, {looked['rows']:,} rows; {looked['keys']:,} keys of the broker; "
        f"{looked['files']:,} files; {looked['bytes'] / 1e6:,.1f} MB"
    )


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _ends(ends: list[dict[str, Any]]) -> str:
    return "".join(f" {_rows(end['count'])} until {_day(end['until'])}." for end in ends if end["until"])


def _day(text: str) -> str:
    """`3 March 2033`, from an ISO date or moment."""
    day = date.fromisoformat(text[:10])
    return date_words(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - only its words are used
