"""`rotate_keys`: everything sealed goes to the newest key, nothing is lost, and what no key opens is said."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from privacy.ground import digests, sealed, sealed_files
from privacy.models import Identifier, Message
from privacy.register import rotation, subjects
from privacy.rights import packages
from privacy.tests.people import NOON, someone

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()

Use = Callable[..., None]


@pytest.fixture
def use(settings: Any, tmp_path: Path) -> Iterator[Use]:
    """Run with these sealing keys and digest keys, newest first."""
    settings.LOUPE_HOME = tmp_path

    def use_now(*sealing: str, digesting: tuple[str, ...] = ("1:" + "ab" * 32,)) -> None:
        settings.LOUPE_SEALING_KEYS, settings.LOUPE_DIGEST_KEYS = list(sealing), list(digesting)
        sealed.ring.cache_clear()
        digests.keys.cache_clear()

    use_now(OLD)
    yield use_now
    sealed.ring.cache_clear()
    digests.keys.cache_clear()


def run(*args: str) -> str:
    said = io.StringIO()
    call_command("rotate_keys", *args, stdout=said)
    return said.getvalue()


def mail(text: str) -> Message:
    return Message.objects.create(kind="test.kind", payload={"text": text}, created_at=NOON, next_attempt_at=NOON)


def stored(message: Message) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM privacy_message WHERE id = %s", [message.pk])
        return bytes(cursor.fetchone()[0])


@pytest.mark.django_db
def test_columns_files_and_second_factors_open_without_the_old_key_afterwards(use: Use) -> None:
    alice = someone("alice").user
    message, codes = mail("Dear Alice"), RecoveryCodes.activate(alice).generate_codes()
    with sealed_files.create(packages.folder() / "copy.sealed") as file:
        file.write(b"her copy")

    use(NEW, OLD)
    run("--apply")
    use(NEW)

    assert Message.objects.get(pk=message.pk).payload == {"text": "Dear Alice"}
    assert b"".join(sealed_files.open(packages.folder() / "copy.sealed")) == b"her copy"
    assert RecoveryCodes(Authenticator.objects.get(user=alice)).generate_codes() == codes
    assert [line for line in rotation.run(apply=False) if line.older or line.unreadable] == []


@pytest.mark.django_db
def test_without_apply_it_counts_and_writes_nothing(use: Use) -> None:
    message = mail("Dear Alice")
    before = stored(message)
    use(NEW, OLD)
    said = run()
    assert stored(message) == before
    assert "Nothing was written" in said
    assert rotation.Line("privacy.Message.payload", 0, 1, 0) in list(rotation.run(apply=False))


@pytest.mark.django_db
def test_every_row_is_met_however_many_batches(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 3)
    mails = [mail(f"Mail {number}") for number in range(8)]
    use(NEW, OLD)
    run("--apply")
    assert [sealed.is_current(stored(each)) for each in mails] == [True] * 8
    assert run("--apply").count("\n") > 3  # a second run finds nothing to do and says so
    assert rotation.Line("privacy.Message.payload", 8, 0, 0) in list(rotation.run(apply=False))


@pytest.mark.django_db
def test_what_changed_meanwhile_is_not_overwritten(use: Use) -> None:
    message = mail("The first draft")
    use(NEW, OLD)
    place = next(place for place in rotation._columns() if place.name == "privacy.Message.payload")
    (found,) = place.find()
    Message.objects.filter(pk=message.pk).update(payload={"text": "The second draft"})
    found.put(sealed.reseal(found.token))
    assert Message.objects.get(pk=message.pk).payload == {"text": "The second draft"}


@pytest.mark.django_db
def test_what_no_live_key_opens_is_said_and_left(use: Use) -> None:
    lost = mail("Sealed with a lost key")
    before = stored(lost)
    use(NEW)
    kept = mail("Sealed with the newest")
    with pytest.raises(CommandError, match="put the key that sealed them back"):
        run("--apply")
    assert (stored(lost), sealed.is_current(stored(kept))) == (before, True)


@pytest.mark.django_db
def test_a_damaged_file_does_not_stop_the_others(use: Use) -> None:
    (packages.folder() / "damaged.sealed").write_bytes(b"no sealed file")
    with sealed_files.create(packages.folder() / "whole.sealed") as file:
        file.write(b"whole")
    use(NEW, OLD)
    run("--apply")
    use(NEW)
    assert b"".join(sealed_files.open(packages.folder() / "whole.sealed")) == b"whole"


# Digests


@pytest.mark.django_db
def test_fingerprints_of_known_addresses_are_renewed_and_of_forgotten_ones_kept(use: Use) -> None:
    alice, bob = someone("alice"), someone("bob")
    forgotten = subjects.new(by="guest", at=NOON)
    subjects.identify(forgotten, value="long-gone@example.com", by="guest", at=NOON)

    use(OLD, digesting=("2:" + "cd" * 32, "1:" + "ab" * 32))
    said = run("--apply")

    assert "Digest key 1: 1 digests\n" in said
    assert set(Identifier.objects.values_list("subject_id", "key_version")) == {
        (alice.subject.pk, 2),
        (bob.subject.pk, 2),
        (forgotten.pk, 1),
    }
    assert [each.pk for each in subjects.candidates("email", value="alice@example.com")] == [alice.subject.pk]
    assert [each.pk for each in subjects.candidates("email", value="long-gone@example.com")] == [forgotten.pk]
    assert "Digest key 2" in said


@pytest.mark.django_db
def test_a_fingerprint_that_was_typed_again_since_is_merged_and_stays_proven(use: Use) -> None:
    alice = someone("alice")
    use(OLD, digesting=("2:" + "cd" * 32, "1:" + "ab" * 32))
    subjects.identify(alice.subject, value=alice.email, by="guest", at=NOON)
    assert Identifier.objects.filter(subject=alice.subject, kind="email").count() == 2
    run("--apply")
    (left,) = Identifier.objects.filter(subject=alice.subject, kind="email")
    assert (left.key_version, left.proven_at) == (2, NOON)
