"""The sweep: Alice is erased, something of her is hidden in an odd place, and the sweep says where; Bob is no finding."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from privacy.models import AuditEvent, Certificate, Countersignature, ResidueSweep, SealedNeedles
from privacy.proof import needles, places, sweep
from privacy.rights import erasure, requests
from privacy.tests.corners import (
    CITY,
    CORNERS,
    EMAIL,
    NAME,
    NIGHT,
    PHONE,
    STREET,
    archive,
    in_folder,
    in_table,
    log_of,
    mail,
)
from privacy.tests.people import LATER, NOON, asks, someone

CAROL = "staff:3"


@pytest.fixture
def home(settings, tmp_path):
    """A data folder of the test's own."""
    settings.LOUPE_HOME = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.LOUPE_SWEEP_FOLDERS = []
    return tmp_path


@pytest.fixture
def broker(settings):
    """The Redis of the tests, emptied afterwards of what a test put there."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        yield client
        for key in client.scan_iter("hidden:*"):
            client.delete(key)


@pytest.fixture(scope="module")
def _erased(module_db):
    """Once for all these tests."""
    with override_settings(LOUPE_ERASURE_GRACE=timedelta(hours=1)):
        alice, bob = someone("alice"), someone("bob")
        request = requests.approve(asks(alice), by=CAROL, at=NOON)
        erasure.execute(request.pk, by="system:worker", at=LATER)
    apps.get_model("privacy.Message").objects.all().delete()  # the last mail has gone out
    return bob


@pytest.fixture
def erased(_erased, db, home):
    """Alice is erased, her certificate waits for the sweep; Bob is there and untouched."""
    return _erased


def swept(**options: Any) -> ResidueSweep:
    found = sweep.run(by="system:sweep", at=NIGHT, **options)
    assert found is not None
    return found


def places_of(found: ResidueSweep) -> set[str]:
    return {f"{each['place']}.{each['column']}" for each in found.findings}


@pytest.mark.parametrize("name", CORNERS)
@pytest.mark.promise("JE-78", "JS-27")
def test_finds_what_is_hidden(name, erased, home, broker):
    corner = CORNERS[name]
    corner.hide(home, broker)
    found = swept()
    assert places_of(found) == {corner.place}
    assert not found.is_clean
    assert not Countersignature.objects.exists()


# What is no finding


@pytest.mark.promise("JE-78", "JS-27")
def test_finds_nothing_where_nothing_is_hidden_countersigns_and_forgets(erased):
    assert SealedNeedles.objects.count() == 1
    found = swept()
    assert (found.is_clean, found.findings, found.coverage["unread"]) == (True, [], [])
    certificate = Certificate.objects.get()
    assert found.certificates == [certificate.reference]
    assert certificate.countersignature.sweep == found
    assert not SealedNeedles.objects.exists()
    assert AuditEvent.objects.filter(
        event="certificate.countersigned", object_ref=certificate.request_reference
    ).exists()


def test_looked_at_every_table_every_key_and_every_file(erased, home, broker):
    (home / "logs").mkdir()
    (home / "logs" / "web.log").write_bytes(log_of("nothing"))
    (home / "keys").mkdir()
    (home / "keys" / "left-out").write_text(EMAIL)
    broker.set("hidden:harmless", "x")
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA elsewhere")
        cursor.execute("CREATE TABLE elsewhere.old_import (id int, who varchar(50), born date)")
        cursor.execute("CREATE TABLE numbers_only (id int, amount numeric)")
    names = {table.label: table.columns for table in places.tables()}
    assert names["elsewhere.old_import"] == ("who",)
    assert "numbers_only" not in names
    assert SealedNeedles._meta.db_table not in names
    found = swept()
    assert found.is_clean
    assert found.coverage["tables"] == len(names)
    assert found.coverage["files"] == 1
    assert found.coverage["keys"] >= 1
    assert found.coverage["bytes"] > 2_000_000


def test_a_household_shares_its_telephone_and_its_street(erased):
    bob = erased
    apps.get_model("accounts.User").objects.filter(pk=bob.user.pk).update(phone="+1 (212) 555-0005")
    apps.get_model("accounts.Address").objects.filter(user=bob.user).update(line1=STREET, city=CITY)
    in_table(f"{PHONE}, {STREET}, {CITY}")(Path(), None)
    assert swept().is_clean


def test_a_name_alone_says_nothing_and_a_longer_value_is_another(erased):
    in_table(f"{NAME} of Springfield")(Path(), None)
    for other in (f"mal{EMAIL}", f"{EMAIL}.au", "9212555000512", STREET, "Alicevilleton"):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO odd_corner (note) VALUES (%s)", [other])
    assert swept().is_clean


def test_an_address_in_somebody_elses_words_is_a_finding(erased):
    apps.get_model("orders.Bag").objects.create(
        id=uuid4(), subject=erased.subject, words={"gift": f"for {EMAIL}"}, created_at=NOON, touched_at=NIGHT
    )
    assert places_of(swept()) == {"orders_bag.words"}


def test_who_came_back_with_the_same_address_is_somebody_living(erased):
    someone("alice")
    assert swept().is_clean


def test_a_mail_that_went_to_her_is_in_her_hands(erased, home, broker):
    in_folder("mail/new/1.M1P1.x", mail(EMAIL, f"Dear {NAME}, {STREET}, {CITY}", "8bit"))(home, broker)
    assert swept().is_clean


def test_a_reference_that_tax_law_keeps_stands_where_the_register_keeps_it_and_nowhere_else(db, home, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    alice = someone("alice")
    order = apps.get_model("orders.Order").objects.create(
        reference="LP-7F3K-92QD",
        subject=alice.subject,
        email=alice.email,
        full_name=NAME,
        state="delivered",
        country="US",
        currency="USD",
        subtotal_minor=100,
        shipping_minor=0,
        tax_minor=0,
        tax_rate=0,
        is_tax_included=False,
        total_minor=100,
        placed_at=NOON,
        paid_at=NOON,
        completed_at=NOON,
        invoice_number="JE-2026-000117",
        bag_id=uuid4(),
    )
    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    apps.get_model("privacy.Message").objects.all().delete()
    order.refresh_from_db()
    assert (order.reference, order.email) == ("LP-7F3K-92QD", "")
    (home / "logs").mkdir()
    (home / "logs" / "web.log").write_text('{"message": "order.placed", "order": "LP-7F3K-92QD"}\n')
    stray = "CREATE TABLE odd_corner (id serial PRIMARY KEY, note text)"
    with connection.cursor() as cursor:
        cursor.execute(stray)
        cursor.execute("INSERT INTO odd_corner (note) VALUES ('see lp 7f3k 92qd')")
    found = swept()
    assert [(each["place"], each["kind"], each["count"]) for each in found.findings] == [("odd_corner", "reference", 1)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM odd_corner")
    assert swept().is_clean


# What a sweep leaves behind


def test_what_is_found_is_told_in_places_and_counts_and_staff_see_it(erased, caplog):
    in_table(f"{EMAIL} {NAME}")(Path(), None)
    with caplog.at_level(logging.DEBUG):
        found = swept()
    request = Certificate.objects.get().request_reference
    common = {"request": request, "place": "odd_corner", "column": "note", "count": 1}
    assert found.findings == [
        {**common, "kind": "email", "strength": "strong"},
        {**common, "kind": "name", "strength": "weak"},
    ]
    event = AuditEvent.objects.get(event="residue.found")
    assert (event.object_ref, event.details["places"], event.details["count"]) == (request, ["odd_corner.note"], 2)
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == ["residue.found"]
    written = "\n".join(str(vars(record)) for record in caplog.records)
    assert [word for word in (EMAIL, NAME, PHONE, STREET, CITY) if word in written] == []
    evidence = json.dumps([found.findings, found.coverage, event.details])
    assert [word for word in (EMAIL, NAME, PHONE, STREET, CITY) if word in evidence] == []


def test_the_next_night_looks_again(erased):
    in_table(EMAIL)(Path(), None)
    assert not swept().is_clean
    assert SealedNeedles.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM odd_corner")
    assert swept().is_clean
    assert Countersignature.objects.count() == 1
    assert swept().certificates == []
    assert Countersignature.objects.count() == 1


def test_needles_rest_sealed_and_go_after_thirty_days(erased):
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text || encode(t.values, 'escape') FROM privacy_sealedneedles t")
        (row,) = cursor.fetchone()
    assert [word for word in (EMAIL, NAME, PHONE, STREET, CITY) if word in row] == []
    kinds = {needle.kind: needle.value for needle in needles.opened(SealedNeedles.objects.get())}
    assert kinds == {"email": EMAIL, "name": NAME, "phone": PHONE, "street": STREET, "town": CITY}
    assert EMAIL not in repr(needles.opened(SealedNeedles.objects.get()))
    assert needles.forget_overdue(at=LATER + timedelta(days=30)) == 0
    assert needles.forget_overdue(at=LATER + timedelta(days=30, seconds=1)) == 1


def test_a_place_that_cannot_be_read_earns_no_signature(erased, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    found = swept()
    assert found.findings == []
    assert not found.is_clean
    assert found.coverage["unread"] == ["redis (ConnectionError)"]
    assert not Countersignature.objects.exists()
    assert AuditEvent.objects.filter(event="residue.not_shown").exists()


def test_the_database_itself_refuses_to_change_a_sweep_or_a_countersignature(erased):
    swept()
    for act in (
        lambda: ResidueSweep.objects.update(is_clean=True),
        lambda: Countersignature.objects.update(canonical="{}"),
        lambda: Countersignature.objects.get().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_looks_only_for_those_certified_since(erased):
    assert swept(since=NIGHT).certificates == []
    assert len(swept(since=LATER).certificates) == 1


# Who comes back after the needles are gone


@pytest.fixture
def countersigned(erased):
    """Alice's certificate is countersigned: nobody has her values in clear any more."""
    assert swept().is_clean
    return erased


def test_a_machine_that_writes_the_erased_down_again_is_noticed(countersigned, home, broker):
    in_table(f"imported: {EMAIL}, {PHONE}")(home, broker)
    found = swept()
    request = Certificate.objects.get().request_reference
    assert [(each["request"], each["place"], each["kind"], each["strength"]) for each in found.findings] == [
        (request, "odd_corner", "email", "resurfaced"),
        (request, "odd_corner", "phone", "resurfaced"),
    ]
    assert not found.is_clean
    event = AuditEvent.objects.filter(event="residue.resurfaced").first()
    assert (event.object_ref, event.details["place"]) == (request, "odd_corner")
    assert EMAIL not in json.dumps([found.findings, event.details])


@pytest.mark.parametrize(
    "name", ["sealed bytes", "a Redis hash", "a long log", "an archive in the media", "a mail to staff"]
)
def test_notices_the_erased_in_odd_corners_too(name, countersigned, home, broker):
    CORNERS[name].hide(home, broker)
    if name == "a mail to staff":
        in_folder("mail/new/1.M1P1.x", mail("desk@example.com", f"Write to {EMAIL}", "base64"))(home, broker)
    assert {each["strength"] for each in swept().findings} == {"resurfaced"}


def test_her_own_return_her_household_and_her_own_mail_are_no_alarm(countersigned, home, broker):
    in_folder("mail/new/1.M1P1.x", mail(EMAIL, f"Goodbye, {EMAIL}", "8bit"))(home, broker)
    apps.get_model("accounts.User").objects.filter(pk=countersigned.user.pk).update(phone=PHONE)
    in_table(f"+1 212 555 0005, {countersigned.email}")(home, broker)
    assert swept().findings == []
    someone("alice")
    assert swept().findings == []


# What staff see


def test_staff_see_what_a_sweep_found_at_the_request_and_on_top_of_the_lists(erased, client, broker, home):
    carol = someone("carol", is_staff=True)
    type(carol.user).objects.filter(pk=carol.user.pk).update(is_superuser=True)
    client.force_login(carol.user)
    lists = ("/admin/privacy/datarequest/", "/admin/privacy/certificate/", "/admin/privacy/residuesweep/")
    assert not any("was not clean" in client.get(url).content.decode() for url in lists)
    in_table(EMAIL)(home, broker)
    found = swept()
    for url in lists:
        assert f"{found}</a> (1 traces of erased people, 0 places not read)" in client.get(url).content.decode()
    request = apps.get_model("privacy.DataRequest").objects.get()
    assert "residue.found" in client.get(f"/admin/privacy/datarequest/{request.pk}/change/").content.decode()
    page = client.get(f"/admin/privacy/residuesweep/{found.pk}/change/").content.decode()
    assert f"{request.reference}: 1 × email in odd_corner note (strong)" in page
    assert EMAIL not in page
    certificate = Certificate.objects.get()
    public = client.get(f"/privacy/certificate/{certificate.reference}/").content.decode()
    assert "could not show that nothing is left" in public
    assert "odd_corner" not in public


# Bad input


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.zip", archive(b"x" * 500)[:60]),
        ("broken.gz", gzip.compress(b"x" * 500)[:20]),
        ("broken.eml", b"Subject: =?utf-8?b?x?=\r\nTo: <<>,\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n"),
        ("zlib.bin", b"\x78\x9c" + bytes(range(256))),
        ("token.txt", b"gAAAAA" + b"x" * 200),
        ("empty", b""),
        ("surrogates.json", b'{"a": "\\ud83d", "b": "%ff%fe", "c": "&#1114112;", "d": "=FF"}'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # compressed bytes hold the time of day
)
def test_what_is_broken_is_read_as_far_as_it_goes(name, content, erased, home):
    in_folder(f"media/{name}", content + b" " + EMAIL.encode())(home, None)
    found = swept()
    assert places_of(found) == {f"file.media/{name}"}
    assert found.coverage["unread"] == []


def test_what_is_too_large_to_open_is_named_as_unread(erased, home, broker, monkeypatch):
    monkeypatch.setattr(places, "LARGEST", 100_000)
    in_folder("media/bomb.zip", archive(b"0" * 5_000_000))(home, broker)
    broker.set("hidden:bomb", zlib.compress(b"0" * 5_000_000))
    found = swept()
    assert found.findings == []
    assert found.coverage["unread"] == ["redis: hidden:bomb is too large to open", "media/bomb.zip (TooLarge)"]
    assert not Countersignature.objects.exists()


def test_the_command_tells_figures_and_places_and_fails_when_it_is_not_clean(erased, home, broker, capsys):
    with pytest.raises(CommandError, match="2026-13-01"):
        call_command("sweep_residue", since="2026-13-01")
    in_table(EMAIL)(home, broker)
    with pytest.raises(CommandError, match="Not clean"):
        call_command("sweep_residue")
    out, err = capsys.readouterr()
    assert "1 erasures, 1 found" in out
    assert "1 email in odd_corner.note (strong)" in out
    assert "odd_corner: " in err
    assert EMAIL not in out + err
