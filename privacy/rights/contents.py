"""What a copy holds, kind by kind and row by row, as the register tells it (GDPR Art. 15(1) and (3), 20(1)).

Facts only, in constant memory: how they are written into a ZIP is `rights.archive`, when that happens `rights.access`. What
nobody may see is left out by its declaration (`Export.HIDE`), what is about somebody else is replaced by words (`Export.REDACT`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils.text import get_valid_filename

from privacy.ground import keyset
from privacy.register import activities, agreements, presence, profiles, registry
from privacy.register.declare import Declaration, Export, Family, Source
from privacy.register.vocabulary import Basis
from privacy.rights import categories, holdings, looks
from privacy.rights.models import DataRequest, Kind

log = logging.getLogger(__name__)

VERSION: Final = 2
FORMAT: Final = f"loupe-copy/{VERSION}"
SCHEMA_FILE: Final = Path(__file__).parent / "schemas" / f"copy-{VERSION}.json"
PICTURES: Final = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"}
PROVIDED: Final = frozenset({Source.CUSTOMER, Source.OBSERVED})
"""What somebody gave us, by typing it or by using the shop; what we made of it is not theirs to take along (Art. 20(1))."""
PORTABLE: Final = frozenset({Basis.CONSENT, Basis.CONTRACT})
"""On what it has to be held to be taken along."""
RIGHTS: Final = (
    "You may ask us to correct, erase, limit or hand over what we hold, and object to its use.",
    "You may complain to the supervisory authority of the place where you live.",
)


@dataclass(frozen=True)
class Attachment:
    """A photo or document of the person's: where it will lie in the copy, and whether it is still on our disk."""

    path: str
    content: FieldFile
    is_missing: bool

    @property
    def is_picture(self) -> bool:
        """Whether a browser shows it on the page."""
        return Path(self.path).suffix.lower() in PICTURES and not self.is_missing

    def as_data(self) -> dict[str, Any]:
        """Its line in `data.json`."""
        return {"path": None if self.is_missing else self.path, "missing": self.is_missing}


@dataclass(frozen=True)
class Row:
    """One row: what the app calls it, its values, those that say something for a page, its end, its files."""

    title: str
    values: dict[str, Any]
    reads: list[tuple[str, Any]]
    kept_until: datetime | None
    files: list[Attachment] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """Its object in `data.json`."""
        return {
            "title": self.title,
            "values": self.values,
            "kept_until": self.kept_until and self.kept_until.isoformat(),
            "files": [each.as_data() for each in self.files],
        }


@dataclass(frozen=True)
class Group:
    """All rows of one model that are the person's, or that they may see; or what they gave us of them, to take along."""

    declaration: Declaration
    family: Family
    is_theirs: bool = True
    is_to_take_along: bool = False

    @property
    def label(self) -> str:
        """`Addresses`."""
        return self.declaration.label if self.is_theirs else f"{self.declaration.label} that concern you"

    @property
    def name(self) -> str:
        """The name of its files: `accounts.Address`, unique in a copy."""
        return self.declaration.model if self.is_theirs else f"{self.declaration.model}.visible"

    @cached_property
    def exported(self) -> dict[str, Export]:
        """The fields a copy tells of, hidden ones left out."""
        every = registry.exported(self.declaration, visible=not self.is_theirs)
        return {name: export for name, export in every.items() if not self.is_to_take_along or self._is_portable(name)}

    @cached_property
    def words(self) -> dict[str, str]:
        """The readable name of each exported field."""
        names = list(self.exported)
        return dict(zip(names, holdings.field_words(self.declaration, names), strict=True))

    @cached_property
    def file_fields(self) -> list[str]:
        """The exported fields that hold a file."""
        columns = self.declaration.model_class()._meta
        is_shown = (name for name, export in self.exported.items() if export is Export.SHOW)
        return [name for name in is_shown if isinstance(columns.get_field(name), models.FileField)]

    def about(self) -> dict[str, Any]:
        """Why, on which basis, until when, from whom and to whom (GDPR Art. 15(1)(a) to (g))."""
        holding = holdings.Holding(self.declaration, self.family, 0)
        return {
            "label": self.label,
            "model": self.declaration.model,
            "relation": "yours" if self.is_theirs else "visible to you",
            "why": holding.reasons,
            "basis": holding.bases,
            "kept": holding.retention,
            "recipients": holding.recipients,
            "fields": self._fields(),
        }

    def rows(self) -> Iterator[Row]:
        """Every row, in constant memory."""
        reach = self.declaration.rows if self.is_theirs else self.declaration.visible_rows
        # The rows on the way to the person come along: end dates and currencies may be theirs.
        parents = [path.rpartition("__")[0] for path in self.declaration.paths if "__" in path and self.is_theirs]
        rows = reach(self.family)
        for row in keyset.each(rows.select_related(*parents) if parents else rows):
            yield self._row(row)

    def _row(self, row: models.Model) -> Row:
        files = [attachment for name in self.file_fields if (attachment := _attachment(self, row, name))]
        every = registry.shown(self.declaration, row, visible=not self.is_theirs)
        values = {word: every[word] for word in self.words.values()}
        values |= {
            self.words[name]: [each.path for each in files if each.content.field.name == name]
            for name in self.file_fields
        }
        told = [
            (word, holdings.readable(row, name, values[word], self.declaration)) for name, word in self.words.items()
        ]
        return Row(
            title=self.declaration.describe(row) if self.declaration.describe else "",
            values=values,
            reads=[(word, value) for word, value in told if value not in (None, "", [], {})],
            kept_until=self.declaration.retention.until(row),
            files=files,
        )

    def _is_portable(self, name: str) -> bool:
        declared = self.declaration.personal_fields()[name]
        bases = {purpose.basis for purpose in self.declaration.purposes_of(name)}
        return declared.on_export is Export.SHOW and declared.source in PROVIDED and not bases.isdisjoint(PORTABLE)

    def _fields(self) -> dict[str, dict[str, Any]]:
        declared = self.declaration.personal_fields()
        return {
            word: {
                "category": str(declared[name].category),
                "source": str(declared[name].source),
                "recipients": list(declared[name].recipients),
                "redacted": self.exported[name] is Export.REDACT,
            }
            for name, word in self.words.items()
        }


def groups(request: DataRequest, family: Family) -> Iterator[Group]:
    """Every kind of data of which there is something, by label; each may turn out to be empty for them all the same."""
    here = presence.of(family)
    for declaration in (each for each in registry.all_declared() if each.model in here):
        if request.kind == Kind.PORTABILITY:
            parts = [Group(declaration, family, is_to_take_along=True)]
        else:
            parts = [Group(declaration, family), Group(declaration, family, is_theirs=False)]
        for group in parts:
            if any(export is Export.SHOW for export in group.exported.values()) and (
                group.is_theirs or declaration.visible
            ):
                yield group


def title(request: DataRequest) -> str:
    """What its page is called."""
    shop = profiles.current().shop_name
    return f"What you gave {shop}" if request.kind == Kind.PORTABILITY else f"What {shop} holds about you"


def head(request: DataRequest, *, at: datetime) -> dict[str, Any]:
    """What stands at the top of a copy."""
    shop = profiles.current()
    return {
        "$schema": f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:copy_schema', args=[VERSION])}",
        "format": FORMAT,
        "reference": request.reference,
        "made_at": at.isoformat(),
        "shop": {"name": shop.shop_name, "legal_name": shop.legal_name, "contact": shop.contact.email},
    }


def tail(family: Family, *, at: datetime) -> dict[str, Any]:
    """What stands at its end: kinds of data in short, who of the staff looked, who works for the shop, the person's rights."""
    return {
        "categories": categories.of(family, at=at).as_data(),
        "seen_by_staff": [
            {"at": look.at.isoformat(), "who": look.who, "what": look.what, "why": look.why}
            for look in looks.of(family)
        ],
        "processors": [
            {
                "name": each.name,
                "for": each.purpose.words,
                "receives": activities.received_by(each.slug),
                "country": agreements.country(each.slug),
            }
            for each in registry.processors()
        ],
        "automated_decisions": "None. No decision about you is made by a machine alone.",
        "rights": list(RIGHTS),
    }


def schema() -> dict[str, Any]:
    """The JSON Schema of `data.json`, with the address it is published at."""
    published: dict[str, Any] = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return {**published, "$id": f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:copy_schema', args=[VERSION])}"}


def _attachment(group: Group, row: models.Model, name: str) -> Attachment | None:
    content: FieldFile = getattr(row, name)
    if not content:
        return None
    is_missing = not content.storage.exists(str(content.name))
    if is_missing:
        log.error(
            "copy.attachment_missing", extra={"model": group.declaration.model, "row": str(row.pk), "field": name}
        )
    base = get_valid_filename(Path(str(content.name)).name)
    return Attachment(f"files/{group.name}/{row.pk}-{name}-{base}", content, is_missing)
