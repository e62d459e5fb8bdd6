"""Mutants of the declarations: each says one thing otherwise than the shop means it. What nobody notices is a hole.

`all_of(kind)` gives every mutant of a kind; `Mutant.at_work()` puts it into the register and takes it out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from accounts import roles
from privacy.register import masks, profiles, registry
from privacy.register.declare import (
    BLANK,
    DECLARATIONS,
    PROCESSORS,
    WITH_ROW,
    Action,
    ByValue,
    Declaration,
    Export,
    Fate,
    Field,
    Processor,
    Retention,
    keep,
)
from privacy.register.retention import Span
from privacy.register.vocabulary import Category, Edge, Purpose

MUTANT: Final = keep("a mutant")
FLIPPED: Final = {Export.SHOW: Export.HIDE, Export.HIDE: Export.SHOW, Export.REDACT: Export.SHOW}
ENDLESS: Final = "the end of time"
REGISTERS: Final[tuple[Any, ...]] = (DECLARATIONS, PROCESSORS, masks.MASKS)


@dataclass(frozen=True)
class Mutant:
    """One change: what to put where in which register, and how it is called when nobody notices it."""

    name: str
    register: Any
    key: Any
    value: Any

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The register says it while this lasts."""
        before = [dict(register) for register in REGISTERS]
        self.register[self.key] = self.value
        try:
            yield
        finally:
            for register, entries in zip(REGISTERS, before, strict=True):
                register.clear()
                register.update(entries)


def exports() -> Iterator[Mutant]:
    """Shown becomes hidden and hidden shown, for every field, for its owner and for those who may only see it."""
    for declaration, name, field in registry.every_field():
        flipped = FLIPPED[field.on_export]
        yield _of_field(declaration, name, f"{field.on_export} -> {flipped}", on_export=flipped)
        if declaration.visible:
            seen = FLIPPED[field.visible_export or field.on_export]
            yield _of_field(declaration, name, f"seen by others: -> {seen}", visible_export=seen)


def erasures() -> Iterator[Mutant]:
    """What goes stays and what stays goes, field by field and row by row."""
    for declaration, name, field in registry.every_field():
        other = BLANK if field.on_erase.kind == "keep" else MUTANT
        yield _of_field(declaration, name, f"{field.on_erase.kind} -> {other.kind}", on_erase=other)
        if field.visible_erase is not None:
            yield _of_field(declaration, name, "seen by others: blank -> stays", visible_erase=None)
    for declaration in registry.all_declared():
        yield _of_row(declaration)


def _of_row(declaration: Declaration) -> Mutant:
    """The row kept that goes, or gone that is kept, with everything on it saying the same, so that only its meaning is wrong."""
    is_kept = declaration.action is Action.KEEP_UNTIL
    action, fate, edge = (
        (Action.DELETE_ROW, WITH_ROW, Edge.DEEP) if is_kept else (Action.KEEP_UNTIL, MUTANT, Edge.KEEP_UNTIL)
    )
    fields = {
        name: _agreeing(declared, fate, edge if getattr(declared, "edge", None) else None)
        for name, declared in declaration.fields.items()
    }
    changed = replace(declaration, action=action, fields=fields)
    return Mutant(
        f"{declaration.model}: row {declaration.action} -> {action}", DECLARATIONS, declaration.model, changed
    )


def _agreeing(declared: Any, fate: Fate, edge: Edge | None) -> Any:
    if isinstance(declared, Field):
        return replace(declared, on_erase=fate, retention=None, edge=edge)
    return replace(declared, edge=edge) if edge else declared


def retentions() -> Iterator[Mutant]:
    """Ten times as long, for every row and every field with a time of its own; an event becomes one that never happens."""
    for declaration in registry.all_declared():
        longer = replace(declaration, retention=_longer(declaration.retention))
        yield Mutant(f"{declaration.model}: {declaration.retention} x 10", DECLARATIONS, declaration.model, longer)
        for name, field in declaration.personal_fields().items():
            if field.retention is not None:
                yield _of_field(declaration, name, f"{field.retention} x 10", retention=_longer(field.retention))


def _longer(rule: Retention) -> Retention:
    if rule.span is None:
        return Retention.until_event(ENDLESS, model=rule.event_model)
    return replace(rule, span=Span(rule.span.unit, 10 * (rule.span.number or 1)))


def dropped_masks() -> Iterator[Mutant]:
    """A field that everybody may read, one that is not sensitive any more, a category whose mask shows everything."""
    desks = [masks.Sight(reads) for role in roles.ROLES if (reads := roles.reads_of(role))]
    for declaration in registry.all_declared():
        for name in masks.text_fields(declaration):
            field = declaration.personal_fields()[name]
            if not all(sight.opens(declaration, name) for sight in desks):  # else there is no mask to drop
                yield _of_field(declaration, name, "open to every desk", purposes=tuple(Purpose))
            if field.is_sensitive:
                yield _of_field(declaration, name, "not sensitive", is_sensitive=False)
    for category in Category:
        yield Mutant(f"mask of {category}", masks.MASKS, category, str)


def widened_payloads() -> Iterator[Mutant]:
    """One field more that leaves: on a processor's list alone, or named by the field alone."""
    for processor in registry.kinds():
        for declaration, name, field in registry.every_field():
            where = f"{declaration.model}.{name}"
            if where not in processor.payload.values():
                yield _of_processor(processor, where)
            if processor.slug not in field.recipients:
                yield _of_field(
                    declaration, name, f"goes to {processor.slug}", recipients=(*field.recipients, processor.slug)
                )


def _of_processor(processor: Processor, where: str) -> Mutant:
    wider = replace(processor, payload={**processor.payload, "one_more": where})
    return Mutant(f"{processor.slug}: one more, {where}", PROCESSORS, processor.slug, wider)


def lost_ways() -> Iterator[Mutant]:
    """A way from rows to their person lost, or leading to everybody's; a way by which others see them lost."""
    for declaration in registry.all_declared():
        manager = declaration.model_class()._base_manager
        nobody, everybody = (
            ByValue(find, "a mutant", owners=lambda rows: []) for find in (_rows(manager.none), _rows(manager.all))
        )
        yield _of_model(declaration, "reaches nobody", reach=nobody)
        yield _of_model(declaration, "reaches everybody", reach=everybody)
        if len(declaration.paths) > 1:
            for path in declaration.paths:
                left = tuple(each for each in declaration.paths if each != path)
                yield _of_model(declaration, f"without the path {path}", reach=left)
        if declaration.visible:
            yield _of_model(declaration, "visible to nobody", visible=None)


def _rows(find: Callable[[], Any]) -> Callable[[Any], Any]:
    return lambda family: find()


def _of_field(declaration: Declaration, name: str, words: str, **changes: Any) -> Mutant:
    field = declaration.personal_fields()[name]
    changed = replace(declaration, fields={**declaration.fields, name: replace(field, **changes)})
    return Mutant(f"{declaration.model}.{name}: {words}", DECLARATIONS, declaration.model, changed)


def _of_model(declaration: Declaration, words: str, **changes: Any) -> Mutant:
    return Mutant(f"{declaration.model}: {words}", DECLARATIONS, declaration.model, replace(declaration, **changes))


KINDS: Final[Mapping[str, Callable[[], Iterator[Mutant]]]] = {
    "export": exports,
    "erasure": erasures,
    "retention": retentions,
    "mask": dropped_masks,
    "payload": widened_payloads,
    "way": lost_ways,
}


def all_of(kind: str) -> list[Mutant]:
    """Every mutant of a kind, made from the register as it stands."""
    return list(KINDS[kind]())


def figures(profile: str) -> Iterator[tuple[str, profiles.Profile]]:
    """The shop's profile with each of its periods ten times as long, where a declaration counts by it."""
    shop = profiles.named(profile)
    spans = (declaration.retention_of(name).span for declaration, name, _ in registry.every_field())
    used = {f"{span.amount}_{span.unit}" for span in spans if span is not None and isinstance(span.amount, str)}
    for name in sorted(used):
        yield f"{profile}: {name} x 10", replace(shop, retention={**shop.retention, name: 10 * shop.retention[name]})
