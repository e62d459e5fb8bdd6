"""What may leave for a processor: the keys its declaration lists, and no other. Asked at the last metre, before anything is sent.

A key carries either one declared field, which must name the processor as its recipient, or something that is about nobody, with the
word for it. Taking the recipient off the field closes the key, and a key that nobody declared is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from privacy.register import registry
from privacy.register.declare import Processor


class NotDeclared(Exception):
    """Something was about to leave for a processor that its declaration does not list."""

    def __init__(self, slug: str, keys: list[str]) -> None:
        super().__init__(f"{slug} does not receive {', '.join(keys)}: declare the key and its field, or do not send it")
        self.slug = slug
        self.keys = keys


def allowed(slug: str) -> frozenset[str]:
    """Every key that may leave for the processor."""
    processor = registry.processor(slug)
    carried = {key for key, field in processor.payload.items() if receives(processor, field)}
    return frozenset(processor.about_nobody) | carried


def guard(slug: str, keys: Iterable[str]) -> None:
    """Let the keys pass, or stop what is about to be sent. *Raises* `NotDeclared`."""
    if refused := sorted(set(keys) - allowed(slug)):
        raise NotDeclared(slug, refused)


def words(slug: str, keys: Iterable[str]) -> list[str]:
    """What keys say about a person, in the register's words: `Orders: address, recipient`. Those about nobody say nothing."""
    known = {each.slug: each for each in registry.processors()}
    carried = known[slug].payload if slug in known else {}
    named: dict[str, set[str]] = {}
    for key in keys:
        model, _, name = carried.get(key, "").rpartition(".")
        if declaration := registry.find(model):
            named.setdefault(declaration.label, set()).add(declaration.label_of(name))
    return [f"{label}: {', '.join(sorted(fields))}" for label, fields in sorted(named.items())]


def receives(processor: Processor, field: str) -> bool:
    """Whether `app.Model.field` names the processor as its recipient."""
    model, _, name = field.rpartition(".")
    declaration = registry.find(model)
    declared = declaration.personal_fields().get(name) if declaration else None
    return declared is not None and processor.kind in declared.recipients


def disagreements() -> Iterator[str]:
    """Where payload lists and fields do not say the same, in words; nothing while all is well."""
    known = {processor.slug: processor for processor in registry.kinds()}
    for processor in known.values():
        for key, field in processor.payload.items():
            if not receives(processor, field):
                yield f"{processor.slug}: {key} carries {field}, which does not name it as a recipient"
    for declaration, name, declared in registry.every_field():
        for slug in declared.recipients:
            if slug not in known:
                yield f"{declaration.model}.{name} goes to {slug}, which nobody declared"
            elif not _is_carried(known[slug], f"{declaration.model}.{name}"):
                yield f"{declaration.model}.{name} goes to {slug}, but no key carries it"


def _is_carried(processor: Processor, field: str) -> bool:
    return processor.is_written or field in processor.payload.values()
