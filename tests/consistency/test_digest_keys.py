"""A new digest key: every table of fingerprints is renewed where the value is still known, or says why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pytest
from django.apps import apps

from privacy.ground import digests
from privacy.messages import suppressions
from privacy.register import rotation, subjects
from privacy.tests.people import NOON, Someone, someone
from tests.retention import aged

pytestmark = pytest.mark.django_db

OLD, NEW = "1:" + "ab" * 32, "2:" + "cd" * 32
NUMBER: Final = "2141438171"

KEEP_THEIRS: Final = {
    "privacy.Tombstone": "of the erased, whose values are gone; evidence that refuses every change",
    "privacy.CollectionStop": "of a child whose data are gone; evidence that refuses every change",
}
"""Tables whose fingerprints nobody can make anew, and why."""


class Case(NamedTuple):
    """One kind of fingerprint in one table: how a row comes about, and of what."""

    model: str
    kind: str
    value: Callable[[Someone], str]
    make: Callable[[Someone, str], Any]


def suppressed(channel: str) -> Callable[[Someone, str], Any]:
    return lambda person, value: suppressions.raise_for(channel, value, reason="unsubscribed", by="test", at=NOON)


def identified(kind: str) -> Callable[[Someone, str], Any]:
    return lambda person, value: subjects.identify(person.subject, kind, value=value, by="test", at=NOON)


def stamped(row: Any, kind: str, value: str) -> Any:
    """A row as its room writes it, with the fingerprint of *value* under the newest key."""
    digest = digests.of(kind, value)
    type(row).objects.filter(pk=row.pk).update(key_version=digest.version, digest=digest.value)
    return row


def sold(person: Someone, value: str) -> Any:
    row = aged.certificate_of_a_stone(NOON)
    row.number = value
    row.save(update_fields=["number"])
    return stamped(row, "certificate", value)


def told(person: Someone, value: str) -> Any:
    return stamped(aged.announced(NOON), "email", value)


def email(person: Someone) -> str:
    return person.email


def phone(person: Someone) -> str:
    return str(person.user.phone)


def envelope(person: Someone) -> str:
    return "\n".join(person.user.addresses.get().lines)


CASES: Final = {
    "an address of a person": Case("privacy.Identifier", "email", email, identified("email")),
    "a number of a person": Case("privacy.Identifier", "phone", phone, identified("phone")),
    "no mails": Case("privacy.Suppression", "email", email, suppressed("email")),
    "no texts": Case("privacy.Suppression", "phone", phone, suppressed("sms")),
    "no letters": Case("privacy.Suppression", "post", envelope, suppressed("post")),
    "no letters, said by mail": Case("privacy.Suppression", "post", email, suppressed("post")),
    "told of an announcement": Case("privacy.AnnouncementDelivery", "email", email, told),
    "a sold certificate": Case("orders.SoldCertificate", "certificate", lambda person: NUMBER, sold),
}
NEVER_RENEWED: Final = {"gateway": "raised over the erased only"}
"""Kinds of fingerprint that stand in no other table."""


@pytest.fixture
def use(settings: Any) -> Iterator[Callable[..., None]]:
    def use_now(*keys: str) -> None:
        settings.LOUPE_DIGEST_KEYS = list(keys)
        digests.keys.cache_clear()

    use_now(OLD)
    yield use_now
    digests.keys.cache_clear()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fingerprint_of_what_is_still_known_gets_the_new_key_and_one_of_nobody_keeps_its_own(
    case: Case, use: Callable[..., None]
) -> None:
    alice = someone("alice")
    value = case.value(alice)
    row = case.make(alice, value)
    stranger = suppressions.raise_for("post", "Gone Away\n9 Nowhere Lane", reason="unsubscribed", by="test", at=NOON)
    use(NEW, OLD)
    waiting = rotation.redigest(apply=False)
    row.refresh_from_db()
    assert row.key_version == 1, "without apply nothing is written"
    assert rotation.redigest(apply=True) == waiting > 0
    row.refresh_from_db()
    assert (row.key_version, row.digest) == (2, digests.of(case.kind, value).value)
    stranger.refresh_from_db()
    assert stranger.key_version == 1
    assert rotation.redigest(apply=True) == 0
    use(NEW)
    assert digests.all_of(case.kind, value) == [digests.Digest(2, row.digest)]


def test_no_table_and_no_kind_of_fingerprint_is_forgotten() -> None:
    tables = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "key_version" for field in model._meta.concrete_fields)
    }
    assert tables == {case.model for case in CASES.values()} | KEEP_THEIRS.keys()
    assert digests.NORMAL.keys() == {case.kind for case in CASES.values()} | NEVER_RENEWED.keys()
    assert set(suppressions.KINDS.values()) == {
        case.kind for case in CASES.values() if case.model == "privacy.Suppression"
    }
