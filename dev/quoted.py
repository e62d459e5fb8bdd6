"""The tables that letters quote: names of rights, grounds, ways of delivery, what is held, and what staff begin a message with.

They stand in English beside what they belong to, where the pages say them as they are; a letter says them translated. Whoever
adds a line to one of them is told by the tests that its translation is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from orders import destinations
from orders.models import Return
from privacy.consent.vocabulary import Channel, Matter
from privacy.register import registry
from privacy.register.declare import Action
from privacy.rights import conversation_templates, grounds, holdings, kinds
from privacy.rights.deadlines import Which
from privacy.rights.identity import Change


def tables() -> Iterator[tuple[str, str]]:
    """Every sentence of every table, with where it stands."""
    for where, words in TABLES.items():
        yield from ((where, each) for each in words() if each)


def _rights() -> Iterator[str]:
    for rule in kinds.KINDS.values():
        yield from (rule.label, rule.next, rule.outcome)


def _grounds() -> Iterator[str]:
    for basis in grounds.GROUNDS.values():
        yield from (basis.words, basis.source)
    yield from grounds.APPEALS.values()


def _ways() -> Iterator[str]:
    for place in destinations.table().values():
        yield place.tax_name
        yield from (method.label for method in place.methods)


def _returns() -> Iterator[str]:
    yield from (str(each.label) for each in (*Return.Reason, *Return.Ground))


def _topics() -> Iterator[str]:
    yield from (matter.words for matter in Matter)
    yield from (channel.words for channel in Channel)


def _kept() -> Iterator[str]:
    """What a letter says of what stays: each table's name, the names of its columns, and why."""
    for declaration in registry.all_declared():
        yield declaration.label
        if declaration.action is Action.KEEP_UNTIL and not declaration.is_evidence:
            fields = declaration.personal_fields().items()
            blanked = [name for name, field in fields if field.on_erase.kind == "blank"]  # but for what is unfinished
            yield from holdings.field_words(declaration, [*sorted(declaration.kept_fields()), *blanked])
            yield from (field.on_erase.reason for field in declaration.kept_fields().values())


def _beginnings() -> Iterator[str]:
    yield from (template.text for template in conversation_templates.TEMPLATES)


TABLES: Final[dict[str, Callable[[], Iterable[str]]]] = {
    "privacy/rights/kinds.py": _rights,
    "privacy/rights/grounds.py": _grounds,
    "privacy/rights/deadlines.py": lambda: [each.value for each in Which],
    "privacy/rights/identity.py": lambda: [each.value for each in Change],
    "privacy/rights/conversation_templates.py": _beginnings,
    "privacy/consent/vocabulary.py": _topics,
    "orders/data/destinations.toml": _ways,
    "orders/models/returns.py": _returns,
    "personal_data.py": _kept,
}
