"""What is in a copy, and what it costs to make one: everything of Alice, nothing of Bob, in memory that does not grow."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import tracemalloc
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import jsonschema
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection, models
from django.db.models.fields.files import FieldFile
from django.test import Client
from django.test.utils import isolate_apps

from privacy.ground import audit, sealed_files
from privacy.models import Subject
from privacy.register import declare, registry
from privacy.register.declare import Action, Category, Declaration, Purpose, Retention, link, personal
from privacy.rights import acts, archive, looks, packages
from privacy.rights.models import DataRequest, ExportPackage, State
from privacy.tests.people import NOON, asks, someone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    return tmp_path


def copy_of(person):
    """The ZIP that a request of this person leads to."""
    request = asks(person, "access")
    acts.carry_out(request.pk, by="system:worker", at=NOON)
    with packages.start(ExportPackage.objects.get(request=request), by=person.user, at=NOON) as pieces:
        return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def data_in(copy):
    return json.loads(copy.read("data.json"))


def table(copy, model):
    with copy.open(f"csv/{model}.csv") as file:
        return list(csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline="")))


def group(copy, model):
    (found,) = [each for each in data_in(copy)["groups"] if each["model"] == model]
    return found


# What is in it


@pytest.mark.promise("JE-86")
def test_a_real_copy_is_what_the_published_schema_says(alice, bob):
    looks.record(alice.subject, model="accounts.User", fields=["email"], reason="a call", by="staff:3", at=NOON)
    copy = copy_of(alice)
    published = Client().get("/privacy/copy-schema.json")
    assert (published.status_code, published["Content-Type"]) == (200, "application/schema+json")
    schema = published.json()
    assert schema == json.loads(copy.read("copy-schema.json"))
    checker = jsonschema.Draft202012Validator
    checker.check_schema(schema)
    data = data_in(copy)
    checker(schema, format_checker=checker.FORMAT_CHECKER).validate(data)
    assert data["$schema"] == schema["$id"]
    assert Client().get(urlsplit(schema["$id"]).path).json() == schema
    broken = {**data, "groups": [{**data["groups"][0], "rows": [{"title": 1}]}]}
    with pytest.raises(jsonschema.ValidationError):
        checker(schema).validate(broken)


def test_an_unknown_version_of_the_schema_is_not_found():
    assert Client().get("/privacy/copy-schema-1.json").status_code == 404


@pytest.mark.promise("JE-75", "JE-81")
def test_every_file_of_it_holds_all_of_alice_and_nothing_of_bob(alice, bob):
    copy = copy_of(alice)
    assert copy.testzip() is None
    everything = {name: copy.read(name).decode() for name in copy.namelist()}
    for name in ("data.json", "index.html"):
        assert [word for word in alice.words if word not in everything[name]] == []
    tables = "".join(text for name, text in everything.items() if name.startswith("csv/"))
    assert [word for word in alice.words if word not in tables] == []
    assert [word for word in bob.words for text in everything.values() if word in text] == []


@pytest.mark.promise("JE-86")
def test_each_kind_has_a_table_with_the_same_rows(alice):
    copy = copy_of(alice)
    groups = data_in(copy)["groups"]
    assert [each["csv"] for each in groups] == [name for name in copy.namelist() if name.startswith("csv/")]
    for each in groups:
        lines = table(copy, each["model"])
        assert len(lines) == len(each["rows"]) == each["count"]
        assert list(lines[0]) == ["row", "about", *each["fields"], "kept until", "files"]
    (address,) = table(copy, "accounts.Address")
    assert (address["address"], address["town or city"]) == ("5 Alicetoken Lane", "Aliceville")


@pytest.mark.promise("JE-93")
def test_it_says_why_until_when_from_whom_and_who_looked(alice, bob):
    for person in (alice, bob):
        looks.record(
            person.subject, model="accounts.User", fields=["email"], reason=f"{person.words[2]}", by="staff:3", at=NOON
        )
    copy = copy_of(alice)
    data, page = data_in(copy), copy.read("index.html").decode()
    requested = group(copy, "privacy.DataRequest")
    assert requested["why"] == ["to carry out privacy requests and be able to show it"]
    assert group(copy, "privacy.Message")["rows"][0]["kept_until"][:4] == "2028", "two years after it was sent"
    assert group(copy, "accounts.Address")["fields"]["address"]["source"] == "you"
    assert [look["why"] for look in data["seen_by_staff"]] == ["5 Alicetoken Lane"]
    assert "Who of our staff looked" in page
    assert [each["name"] for each in data["processors"]] == [each.name for each in registry.processors()]


def test_somebody_elses_name_is_replaced_by_words(alice):
    request = asks(alice)
    DataRequest.objects.filter(pk=request.pk).update(approved_at=NOON, approved_by="staff:carol-prewitt")
    copy = copy_of(alice)
    assert "carol-prewitt" not in copy.read("data.json").decode()
    rows = group(copy, "privacy.DataRequest")["rows"]
    assert registry.REDACTED in {row["values"]["approved by"] for row in rows}
    assert group(copy, "privacy.DataRequest")["fields"]["approved by"]["redacted"] is True


def test_rows_that_only_concern_the_person_are_there_and_say_so(alice, bob):
    carol = someone("carol", is_staff=True)
    entry = apps.get_model("admin.LogEntry")
    kind = apps.get_model("contenttypes.ContentType").objects.get_for_model(type(alice.user))
    for person in (alice, bob):
        entry.objects.create(
            user=carol.user,
            content_type=kind,
            object_id=str(person.user.pk),
            object_repr=person.words[2],
            action_flag=2,
        )
    copy = copy_of(alice)
    (group,) = [each for each in data_in(copy)["groups"] if each["model"] == "admin.LogEntry"]
    assert (group["relation"], group["count"], group["csv"]) == ("visible to you", 1, "csv/admin.LogEntry.visible.csv")
    everything = "".join(copy.read(name).decode() for name in copy.namelist())
    assert [word for word in (*carol.words, *bob.words) if word in everything] == []


# Names of all kinds


NAMES = {
    "right to left": "‏ليلى الخوري",
    "an override of direction": "\u202egnp.ecilA",
    "emoji": "Zoë 💍👩‍👩‍👧",
    "two forms of one letter": "Ame\u0301lie",
    "markup": "<script>alert(1)</script>&amp;",
    "quotes and lines": 'O"Neill, "Ann"\nSecond line',
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_of_any_kind_arrives_as_it_was_typed(alice, name):
    type(alice.user).objects.filter(pk=alice.user.pk).update(full_name=name)
    copy = copy_of(alice)
    assert group(copy, "accounts.User")["rows"][0]["values"]["full name"] == name
    (line,) = table(copy, "accounts.User")
    assert line["full name"] == name
    page = copy.read("index.html").decode()
    assert "<script>" not in page
    assert '<td dir="auto">' in page


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋"])
def test_a_spreadsheet_runs_nothing(alice, start):
    typed = f'{start}HYPERLINK("https://evil.example","x")'
    type(alice.user).objects.filter(pk=alice.user.pk).update(full_name=typed)
    (line,) = table(copy_of(alice), "accounts.User")
    assert line["full name"] == f"'{typed}"


def test_a_number_below_nothing_stays_a_number():
    assert archive.cell(-5) == "-5"


# Files


@dataclass(frozen=True)
class Isolated(Declaration):
    """The declaration of a model that only this test knows."""

    def model_class(self):
        return self.describe.model


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A table of photos that belong to people, declared like any other."""
    with isolate_apps("privacy"):

        class Photo(models.Model):
            subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
            image = models.FileField(storage=FileSystemStorage(tmp_path / "media"), blank=True)

            class Meta:
                app_label = "privacy"

        with connection.schema_editor() as editor:
            editor.create_model(Photo)

        def describe(photo):
            return f"Photo {photo.pk}"

        describe.model = Photo
        declaration = Isolated(
            **{
                **{
                    field: getattr(registry.of("accounts.Address"), field) for field in Declaration.__dataclass_fields__
                },
                "model": "privacy.Photo",
                "label": "Photos",
                "reach": "subject",
                "action": Action.DELETE_ROW,
                "retention": Retention.years("requests", anchor="id"),
                "purposes": (Purpose.SUPPORT,),
                "fields": {"subject": link("whose"), "image": personal(Category.MESSAGE)},
                "describe": describe,
            }
        )
        monkeypatch.setattr(type(declaration.retention), "until", lambda self, row: None)
        monkeypatch.setitem(declare.DECLARATIONS, "privacy.Photo", declaration)
        yield Photo


def test_photos_and_documents_come_along(alice, bob, photos):
    for person in (alice, bob):
        photos.objects.create(subject=person.subject, image=ContentFile(person.email.encode(), "my ring.JPG"))
        photos.objects.create(subject=person.subject, image=ContentFile(b"%PDF", "papers/appraisal.pdf"))
    photos.objects.create(subject=alice.subject)
    copy = copy_of(alice)
    files = [name for name in copy.namelist() if name.startswith("files/")]
    picture, paper = files
    assert (copy.read(picture), copy.read(paper)) == (alice.email.encode(), b"%PDF")
    rows = group(copy, "privacy.Photo")["rows"]
    assert [row["files"] for row in rows] == [
        [{"path": picture, "missing": False}],
        [{"path": paper, "missing": False}],
        [],
    ]
    page = copy.read("index.html").decode()
    assert f'<img src="{picture}"' in page
    assert f'<a href="{paper}"' in page


def test_a_file_missing_on_disk_is_said_and_the_rest_arrives(alice, photos, caplog):
    lost = photos.objects.create(subject=alice.subject, image=ContentFile(b"1", "lost.jpg"))
    photos.objects.create(subject=alice.subject, image=ContentFile(b"2", "kept.jpg"))
    lost.image.storage.delete(lost.image.name)
    with caplog.at_level(logging.ERROR):
        copy = copy_of(alice)
    assert [copy.read(name) for name in copy.namelist() if name.startswith("files/")] == [b"2"]
    assert group(copy, "privacy.Photo")["rows"][0]["files"] == [{"path": None, "missing": True}]
    assert "no longer on our disk" in copy.read("index.html").decode()
    assert [record.message for record in caplog.records if record.message.startswith("copy.")] == [
        "copy.attachment_missing"
    ]


def test_a_file_that_goes_while_we_write_does_not_stop_the_copy(alice, photos, monkeypatch):
    photos.objects.create(subject=alice.subject, image=ContentFile(b"1", "going.jpg"))

    def gone(self, mode="rb"):
        raise FileNotFoundError

    monkeypatch.setattr(FieldFile, "open", gone)
    copy = copy_of(alice)
    (name,) = [name for name in copy.namelist() if name.startswith("files/")]
    assert name.endswith("going.jpg.missing.txt")


# Size


def many_addresses(person, count):
    address = apps.get_model("accounts.Address")
    row = {"user": person.user, "full_name": "A", "city": "Here", "country": "US", "created_at": NOON}
    address.objects.bulk_create([address(line1=f"{number} Lane", **row) for number in range(count)], batch_size=2_000)


def peak_of(person):
    """The most memory that building this person's copy held at once, in bytes."""
    request = asks(person, "access")
    tracemalloc.start()
    try:
        acts.carry_out(request.pk, by="system:worker", at=NOON)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "count", [pytest.param(1_500, marks=pytest.mark.slow), pytest.param(20_000, marks=pytest.mark.prove)]
)
def test_memory_does_not_grow_with_the_rows(count):
    """A copy of many rows takes no more memory than one of few.

    A ratio, not bytes: a batch of 500 rows, the templates and the frames are all there is. Seven times the rows, or a hundred
    times, cost what one whole batch costs more than two fifths of one.
    """
    few, many, first = someone("few"), someone("many"), someone("first")
    many_addresses(few, 200)
    many_addresses(many, count)
    peak_of(first)  # templates and caches are loaded once
    assert peak_of(many) / peak_of(few) < 3


def test_a_page_of_more_rows_than_one_can_read_says_where_the_rest_is(alice, monkeypatch):
    monkeypatch.setattr(archive, "PAGE_ROWS", 10)
    many_addresses(alice, 24)
    copy = copy_of(alice)
    page = copy.read("index.html").decode()
    assert "And 15 more" in page
    assert page.count(" Lane</td>") == 10
    assert len(table(copy, "accounts.Address")) == group(copy, "accounts.Address")["count"] == 25


def test_rows_beyond_one_batch_are_met_once_each(alice):
    many_addresses(alice, 1_203)
    lines = table(copy_of(alice), "accounts.Address")
    assert len({line["address"] for line in lines}) == len(lines) == 1_204


@pytest.mark.prove
def test_a_person_with_a_hundred_thousand_rows_gets_a_copy(alice):
    """A person with a hundred thousand rows gets all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO privacy_auditevent (event, subject_id, object_ref, actor, note, details, at)"
            " SELECT 'visit.seen', %s, 'visit:' || n, 'customer', '', '{}', %s FROM generate_series(1, 100000) n",
            [alice.subject.pk, NOON],
        )
    assert group(copy_of(alice), "privacy.AuditEvent")["count"] > 100_000


# A disk that is full


def test_a_full_disk_leaves_no_half_file_and_the_copy_is_made_later(alice, home, monkeypatch, caplog):
    """`/dev/full` refuses the write as a full disk does: ENOSPC, from the kernel."""
    request, real = asks(alice, "access"), os.open

    def full(path, flags, mode=0o777, **kwargs):
        return real("/dev/full", os.O_WRONLY) if str(path).endswith(".draft") else real(path, flags, mode, **kwargs)

    monkeypatch.setattr(sealed_files.os, "open", full)
    with caplog.at_level(logging.ERROR):
        acts.sweep(by="system:sweep", at=NOON)
    monkeypatch.undo()
    request.refresh_from_db()
    assert (request.state, request.retry_at) == (State.EXECUTING, NOON + timedelta(minutes=5))
    assert list((home / "exports").iterdir()) == []
    assert not ExportPackage.objects.exists()
    (told,) = [record for record in caplog.records if record.message == "copy.not_written"]
    assert (told.request, told.problem) == (request.reference, "ENOSPC")
    acts.sweep(by="system:sweep", at=NOON + timedelta(minutes=4))
    request.refresh_from_db()
    assert request.state == State.EXECUTING
    acts.sweep(by="system:sweep", at=NOON + timedelta(minutes=6))
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    assert len(list((home / "exports").iterdir())) == 1


@pytest.mark.promise("SG-12", "JE-101")
def test_nothing_readable_lies_on_the_disk_at_any_moment(alice, home, monkeypatch):
    """Also not what waits for its place in the ZIP: look at every file whenever one is about to be removed."""
    seen, real = [], type(home).unlink

    def look(path, missing_ok=False):
        seen.append(path.read_bytes())
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(type(home), "unlink", look)
    request = asks(alice, "access")
    acts.carry_out(request.pk, by="system:worker", at=NOON)
    monkeypatch.undo()
    assert len(seen) > 3
    assert [word for word in alice.words for content in seen if word.encode() in content] == []


def test_the_audit_trail_tells_of_each_start_and_of_the_end(alice):
    copy_of(alice)
    package = ExportPackage.objects.get()
    packages.spend(package, by=alice.user, at=NOON)
    packages.spend(package, by=alice.user, at=NOON)
    events = list(audit.AuditEvent.objects.about(package.request.reference).values_list("event", flat=True))
    assert events[-3:] == ["copy.started", "copy.handed_out", "copy.removed"]
