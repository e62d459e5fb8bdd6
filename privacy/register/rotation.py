"""Give everything that rests encrypted to the newest key, so that an old one can be taken out of the environment.

Sealed columns are found by their field class; what is sealed elsewhere is named with `also` by whoever owns it: folders of sealed
files, secrets inside a JSON column. Works in short batches, safe to stop and to repeat, and never overwrites a value that somebody
changed meanwhile. Digests have keys of their own (`ground.digests`): a digest of an address that is still known is made anew, one
of a forgotten address keeps its old key alive, and `digest_keys` says how many do.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import ExpressionWrapper, F, Value

from privacy.ground import digests, sealed, sealed_files
from privacy.ground.digests import Digest
from privacy.ground.sealed import SealedJSONField
from privacy.register import registry, subjects
from privacy.register.models import Identifier
from privacy.register.vocabulary import Category

log = logging.getLogger(__name__)

BATCH: Final = 500
BEGINNING: Final = "gAAAAA"  # every Fernet token begins with version 0x80 and a date of this century


@dataclass(frozen=True, slots=True)
class Sealed:
    """One thing that rests encrypted: its token, and how to put another in its place if it is still the same."""

    token: bytes
    put: Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere sealed things lie."""

    name: str
    find: Callable[[], Iterator[Sealed]]


@dataclass(frozen=True, slots=True)
class Line:
    """What was found in one place."""

    place: str
    current: int
    older: int
    unreadable: int


ELSEWHERE: Final[list[Place]] = []
OTHER_DIGESTS: Final[list[Callable[..., int]]] = []
OTHER_VALUES: Final[list[Callable[[], Iterable[tuple[str, str]]]]] = []


def also(name: str, find: Callable[[], Iterator[Sealed]]) -> None:
    """Name a place where sealed things lie that are no sealed column."""
    ELSEWHERE.append(Place(name, find))


def digests_also(redigest: Callable[..., int]) -> None:
    """Name another table of digests by the verb that renews it: `redigest(apply=...)` returns how many it renewed."""
    OTHER_DIGESTS.append(redigest)


def values_also(values: Callable[[], Iterable[tuple[str, str]]]) -> None:
    """Name values that fingerprints are made of and no column holds as they are: pairs of a kind (`digests.NORMAL`) and a text."""
    OTHER_VALUES.append(values)


def files(name: str, folder: Callable[[], Path]) -> None:
    """Name a folder of sealed files."""
    also(name, lambda: _files(folder()))


def secrets_in(model: str, column: str) -> None:
    """Name a JSON column that has sealed texts in it."""
    also(f"{model}.{column}", lambda: _secrets(apps.get_model(model), column))


def run(*, apply: bool) -> Iterator[Line]:
    """Go through every place; with *apply*, seal what is under an older key anew. What no live key opens is counted and left."""
    for place in [*_columns(), *ELSEWHERE]:
        found = Counter(_turn(each, place.name, apply=apply) for each in place.find())
        yield Line(place.name, found["current"], found["older"], found["unreadable"])


def _turn(each: Sealed, place: str, *, apply: bool) -> str:
    if sealed.is_current(each.token):
        return "current"
    try:
        fresh = sealed.reseal(each.token)
    except sealed.Unreadable:
        log.error("sealed.unreadable", extra={"place": place})
        return "unreadable"
    if apply:
        each.put(fresh)
    return "older"


# Columns


def _columns() -> Iterator[Place]:
    for model in sorted(apps.get_models(), key=lambda each: each._meta.label):
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedJSONField) and not model._meta.proxy:
                yield Place(f"{model._meta.label}.{field.name}", _reader(model, field.name))


def _reader(model: type[models.Model], column: str) -> Callable[[], Iterator[Sealed]]:
    def find() -> Iterator[Sealed]:
        raw = ExpressionWrapper(F(column), models.BinaryField())
        rows = model._base_manager.annotate(sealed_raw=raw).filter(sealed_raw__isnull=False)
        for pk, token in _by_key(rows, "sealed_raw"):
            yield Sealed(bytes(token), _writer(rows.filter(pk=pk, sealed_raw=token), column))

    return find


def _writer(row: models.QuerySet[Any], column: str) -> Callable[[bytes], None]:
    return lambda fresh: _put(row, column, fresh)


def _put(row: models.QuerySet[Any], column: str, fresh: bytes) -> None:
    row.update(**{column: Value(fresh, output_field=models.BinaryField())})


def _by_key(rows: models.QuerySet[Any], column: str) -> Iterator[tuple[Any, Any]]:
    """Primary key and *column* of every row, a batch at a time, so that a long run holds no cursor open."""
    last = None
    while True:
        batch = list(
            (rows if last is None else rows.filter(pk__gt=last)).order_by("pk").values_list("pk", column)[:BATCH]
        )
        yield from batch
        if len(batch) < BATCH:
            return
        last = batch[-1][0]


# Elsewhere


def _files(folder: Path) -> Iterator[Sealed]:
    for path in sorted(folder.glob("*.sealed")):
        try:
            yield Sealed(sealed_files.token_of(path), _wrapper(path))
        except FileNotFoundError:  # fetched, expired or erased in this very moment
            continue
        except sealed_files.Damaged:
            log.error("sealed.damaged", extra={"file": path.name})


def _wrapper(path: Path) -> Callable[[bytes], None]:
    return lambda _fresh: sealed_files.rewrap(path)


def _secrets(model: type[models.Model], column: str) -> Iterator[Sealed]:
    for pk, held in _by_key(model._base_manager.all(), column):
        for token in _tokens(held):
            yield Sealed(token.encode(), _replacer(model, column, pk, token))


def _tokens(held: Any) -> Iterator[str]:
    """Every text inside a JSON value that looks sealed."""
    if isinstance(held, str) and held.startswith(BEGINNING):
        yield held
    children = held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
    for child in children:
        yield from _tokens(child)


def _replacer(model: type[models.Model], column: str, pk: Any, token: str) -> Callable[[bytes], None]:
    @transaction.atomic
    def put(fresh: bytes) -> None:
        row = model._base_manager.select_for_update().filter(pk=pk).first()
        if row is not None:
            setattr(row, column, _replaced(getattr(row, column), token, fresh.decode()))
            row.save(update_fields=[column])

    return put


def _replaced(held: Any, old: str, new: str) -> Any:
    if isinstance(held, dict):
        return {key: _replaced(child, old, new) for key, child in held.items()}
    if isinstance(held, list):
        return [_replaced(child, old, new) for child in held]
    return new if held == old else held


# Digests


def digest_keys() -> dict[int, int]:
    """How many stored digests each version of the digest key has made; a version with none can be retired."""
    found: Counter[int] = Counter(dict.fromkeys(digests.keys(), 0))
    for model in apps.get_models():
        if any(field.name == "key_version" for field in model._meta.concrete_fields):
            counted = model._base_manager.order_by().values_list("key_version").annotate(models.Count("pk"))
            found.update(dict(counted))
    return dict(sorted(found.items(), reverse=True))


def redigest(*, apply: bool) -> int:
    """Make fingerprints of addresses that are still known with the newest key. Returns how many were, or would be, renewed."""
    newest = next(iter(digests.keys()))
    older = Identifier.objects.exclude(key_version=newest).select_related("subject")
    renewed = sum(_redigest(each, apply=apply) for each in older.iterator(chunk_size=BATCH))
    return renewed + sum(other(apply=apply) for other in OTHER_DIGESTS)


def _redigest(identifier: Identifier, *, apply: bool) -> bool:
    for value in _known(identifier):
        same = digests.all_of(identifier.kind, value)
        if identifier.digest in {each.value for each in same}:
            if apply:
                _store(identifier, same[0])
            return True
    return False


def _store(identifier: Identifier, fresh: digests.Digest) -> None:
    try:
        with transaction.atomic():
            Identifier.objects.filter(pk=identifier.pk).update(key_version=fresh.version, digest=fresh.value)
    except IntegrityError:  # the person typed it again since: the fresh fingerprint is there already
        twin = Identifier.objects.filter(subject=identifier.subject, kind=identifier.kind, digest=fresh.value)
        twin.filter(proven_at=None).update(proven_at=identifier.proven_at)
        identifier.delete()


def _known(identifier: Identifier) -> Iterator[str]:
    """Every text of the person's rows that may be the address."""
    family = subjects.family(identifier.subject)
    for declaration, name, _ in registry.fields(category=Category.CONTACT):
        if declaration.model != Identifier._meta.label:
            values = declaration.rows(family).order_by().values_list(name, flat=True).distinct()
            yield from (value for value in values if isinstance(value, str) and value)


def renew(rows: models.QuerySet[Any], *, twin: Callable[[Any, Digest], None], apply: bool) -> int:
    """The same for a table that knows nobody: whatever stands somewhere in the clear is held against it, a batch at a time.

    *twin*: what becomes of a row whose fresh fingerprint is there already.
    """
    older = rows.exclude(key_version=next(iter(digests.keys())))
    renewed: set[Any] = set()
    if older.exists():
        for some in _batches(_every_known()):
            fresh = {each.value: every[0] for every in some for each in every[1:]}
            for row in older.filter(digest__in=fresh).exclude(pk__in=renewed):
                if apply:
                    _renewed(row, fresh[row.digest], twin)
                renewed.add(row.pk)
    return len(renewed)


def _renewed(row: Any, fresh: Digest, twin: Callable[[Any, Digest], None]) -> None:
    try:
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(key_version=fresh.version, digest=fresh.value)
    except IntegrityError:
        twin(row, fresh)


def _every_known() -> Iterator[list[Digest]]:
    """Everything that a fingerprint may have been made of, under every key. An e-mail address stops letters, too."""
    for declaration, name, _ in registry.fields(category=Category.CONTACT):
        model = apps.get_model(declaration.model)
        values = model._base_manager.order_by().values_list(name, flat=True).distinct()
        for value in values.iterator(chunk_size=BATCH):
            if isinstance(value, str) and value:
                yield from (digests.all_of(kind, value) for kind in (["email", "post"] if "@" in value else ["phone"]))
    for more in OTHER_VALUES:
        yield from (digests.all_of(kind, value) for kind, value in more())


def _batches(many: Iterator[list[Digest]]) -> Iterator[list[list[Digest]]]:
    while some := list(islice(many, BATCH)):
        yield some
