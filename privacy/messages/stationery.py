"""Letters on paper: one PDF for a print list, each letter on sheets of its own with its address where a window shows it.

And the addresses alone, as rows for whoever prints envelopes: the lines as they stand there, and nothing else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from privacy.messages.print_lists import Addressed
from privacy.register import profiles
from privacy.register.profiles import Profile
from privacy.register.vocabulary import date_words

INK: Final = (30, 27, 24)
SOFT: Final = (107, 99, 91)
HAIRLINE: Final = (231, 225, 217)
LEFT, RIGHT, TOP, FOOT = 25.0, 20.0, 20.0, 20.0
WINDOW: Final = 50.0
"""Millimetres from the top to the address: inside the window of DIN 5008 form B, and of a No. 10 envelope with Letter paper."""
BELOW_WINDOW: Final = 96.0
NORTH_AMERICA: Final = frozenset({"US", "CA", "MX"})
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Sheet(FPDF):
    """Plain sheets with the sender above the window and at the foot."""

    def __init__(self, shop: Profile) -> None:
        super().__init__(format="Letter" if shop.country in NORTH_AMERICA else "A4")
        self.sender = ", ".join([shop.shop_name, *shop.contact.address])
        self.reach = f"{shop.legal_name}, {shop.contact.email}"
        self.add_font("Text", "", settings.LOUPE_PAPER_TEXT)
        self.add_font("Display", "", settings.LOUPE_PAPER_DISPLAY)
        self.set_margins(LEFT, TOP, RIGHT)
        self.set_auto_page_break(auto=True, margin=FOOT + 8)

    def footer(self) -> None:
        """Whose letter it is."""
        self.set_y(-FOOT)
        self.set_draw_color(*HAIRLINE)
        self.line(LEFT, self.y - 2, self.w - RIGHT, self.y - 2)
        self._write(8, SOFT, self.reach)

    def letter(self, each: Addressed, *, at: datetime) -> None:
        """One letter: sender, address, day, title, paragraphs."""
        self.add_page()
        self.set_y(WINDOW - 6)
        self._write(6.5, SOFT, self.sender)
        self.set_y(WINDOW)
        self._write(10.5, INK, "\n".join(each.address), height=5)
        self.set_y(BELOW_WINDOW - 8)
        self._write(9, SOFT, date_words(at), align="R")
        self.set_y(BELOW_WINDOW)
        self.set_font("Display", "", 18)
        self.set_text_color(*INK)
        self.multi_cell(0, 9, each.title, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3)
        for paragraph in each.text.split("\n\n"):
            self._write(10.5, INK, paragraph, height=5.4)
            self.ln(3)

    def _write(
        self, size: float, colour: tuple[int, int, int], words: str, *, align: str = "L", height: float = 4
    ) -> None:
        self.set_font("Text", "", size)
        self.set_text_color(*colour)
        self.multi_cell(0, height, words, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def letters(every: Sequence[Addressed], *, title: str, at: datetime) -> bytes:
    """The PDF of these letters, in their order. *title*: what the file calls itself; names nobody."""
    shop = profiles.current()
    sheet = Sheet(shop)
    sheet.set_title(title)
    sheet.set_author(shop.shop_name)
    sheet.set_creation_date(at)
    for each in every:
        sheet.letter(each, at=at)
    return bytes(sheet.output())


def addresses(every: Sequence[Addressed]) -> str:
    """The addresses as CSV: a row for each letter, a column for each line of an envelope."""
    most = max((len(each.address) for each in every), default=0)
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(f"line_{number}" for number in range(1, most + 1))
    for each in every:
        rows.writerow([*map(_harmless, each.address), *[""] * (most - len(each.address))])
    return file.getvalue()


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (CWE-1236)."""
    return f"'{text}" if text.startswith(FORMULA) else text
