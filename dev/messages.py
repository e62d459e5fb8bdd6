"""The sentences of our letters and their translations: `make messages` brings the files in `locale/` up to date.

    python -m dev.messages

Gathers every sentence that a letter can say, in English: from the letters' templates, from the code beside them, and from the
tables they quote. New ones go into `locale/<language>/LC_MESSAGES/django.po` without a translation, those that nobody says any more
go out, and the file is compiled. Babel reads and writes, and Django turns a template into what Babel can read: no GNU gettext.
docs/languages.md says how to add a letter, or a language.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any, BinaryIO, Final

from babel.messages import Catalog
from babel.messages.extract import extract_from_file, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from dev import services

ROOT: Final = Path(__file__).parent.parent
LOCALE: Final = ROOT / "locale"
PACKAGES: Final = ("accounts", "orders", "privacy", "shop")
LETTERS: Final = ROOT / "templates" / "emails"
HEADER: Final = "# What the shop writes to people. `make messages` keeps the list; docs/languages.md says the rest."
UNCHANGING: Final = datetime(
    2026, 1, 1, tzinfo=UTC
)  # a date of its own in every copy would be a conflict in every merge


def main() -> None:
    """Bring every language up to date, and say what there is to translate."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django

    services.ensure()  # the settings name a database; nothing here asks it anything
    django.setup()
    wanted = gathered()
    for language in languages():
        catalog = read(language)
        catalog.update(wanted, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        write(catalog, language)
        left = [message.id for message in catalog if message.id and not is_translated(message)]
        print(f"{language}: {len(catalog)} sentences, {len(left)} without a translation")
        for each in left:
            print(f"  {each!r}")
        if left:
            sys.exit(1)


def languages() -> list[str]:
    """The languages that have a folder."""
    return sorted(folder.name for folder in LOCALE.iterdir() if (folder / "LC_MESSAGES").is_dir())


def po_of(language: str) -> Path:
    """What translators write."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def mo_of(language: str) -> Path:
    """What the shop reads."""
    return po_of(language).with_suffix(".mo")


def read(language: str) -> Catalog:
    """A language's sentences, as they are translated; empty for a language that is new."""
    if not po_of(language).exists():
        return Catalog(locale=language)
    with po_of(language).open("rb") as file:
        return read_po(file, locale=language)


def write(catalog: Catalog, language: str) -> None:
    """Both files of a language, the sentences in the order of the alphabet."""
    catalog.creation_date = catalog.revision_date = UNCHANGING
    catalog.project, catalog.version, catalog.fuzzy = "Loupe", "1", False
    catalog.header_comment = HEADER
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = "the shop"
    with po_of(language).open("wb") as file:
        write_po(file, catalog, width=120, sort_output=True, include_lineno=False)
    mo_of(language).write_bytes(compiled(catalog))


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as the shop reads it."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


# What is said


def gathered() -> Catalog:
    """Every sentence that a letter can say, with where."""
    catalog = Catalog()
    for where, message, comments, context in _found():
        catalog.add(message, locations=[(where, 0)], auto_comments=comments, context=context)
    return catalog


def _found() -> Iterator[tuple[str, Any, list[str], str | None]]:
    for path in sorted(LETTERS.rglob("*")):
        if path.suffix in (".txt", ".html"):
            for _, message, comments, context in extract_from_file("dev.messages:of_template", path):
                yield str(path.relative_to(ROOT)), message, comments, context
    for path in sorted(code()):
        for _, message, comments, context in extract_from_file("python", path):
            yield str(path.relative_to(ROOT)), message, comments, context
    from dev.quoted import tables

    for where, words in tables():
        yield where, words, [], None


def code() -> Iterator[Path]:
    """The modules that have sentences to translate."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "tests" not in path.parts and "django.utils.translation import" in path.read_text():
                yield path


def of_template(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Babel's way into a Django template: as the Python that Django makes of it for gettext."""
    from django.utils.translation.template import templatize

    lines = (line.strip() for line in templatize(file.read().decode()).splitlines())
    return extract_python(BytesIO("\n".join(lines).encode()), keywords, comment_tags, options)


# What is wrong


def faults(language: str) -> Iterator[str]:
    """Everything that keeps this language's letters from being whole, one line each; nothing while all is well."""
    wanted, catalog = gathered(), read(language)
    said, kept = _ids(wanted), _ids(catalog)
    yield from (f"not gathered yet: {each}" for each in sorted(said - kept))
    yield from (f"nobody says this any more: {each}" for each in sorted(kept - said))
    for message in catalog:
        if not message.id:
            continue
        if not is_translated(message):
            yield f"no translation: {message.id}"
        elif message.fuzzy:
            yield f"only guessed: {message.id}"
        elif different := placeholders(message.id) ^ placeholders(message.string):
            yield f"{sorted(different)} on one side only: {message.id}"
    if compiled(catalog) != mo_of(language).read_bytes():
        yield "the compiled file is older than the sentences"


def is_translated(message: Any) -> bool:
    """Whether every form of it is there."""
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(forms)


def placeholders(words: str | Sequence[str] | None) -> set[str]:
    """The names that a sentence, in all its forms, leaves open: as `%(name)s` or `{name}`."""
    text = words if isinstance(words, str) else " ".join(words or ())
    named = set(re.findall(r"%\((\w+)\)[sd]", text))
    return named | {name for _, name, _, _ in Formatter().parse(text) if name}


def _ids(catalog: Catalog) -> set[str]:
    return {str(message.id) for message in catalog if message.id}


if __name__ == "__main__":
    main()
