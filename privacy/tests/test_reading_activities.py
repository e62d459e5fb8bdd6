"""The Article 30 record, the policy page and the privacy centre say what the declarations say, and nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils.html import escape

from privacy.register import activities, agreements, registry, subjects
from privacy.register.declare import DECLARATIONS, PROCESSORS, Category, Field, Processor, Purpose, Retention, personal
from privacy.register.profiles import Agreement
from privacy.rights import holdings
from privacy.tests.people import someone

PAGE = "/admin/registers/article-30/"
TABLE = "/admin/registers/article-30.csv"


@pytest.fixture
def scratch() -> Iterator[None]:
    """The register, put back afterwards."""
    declared, processors = dict(DECLARATIONS), dict(PROCESSORS)
    yield
    for register, before in ((DECLARATIONS, declared), (PROCESSORS, processors)):
        register.clear()
        register.update(before)


def redeclare(model: str, name: str, **changes: object) -> None:
    """One field of one model, declared otherwise."""
    declared = DECLARATIONS[model]
    field = declared.fields[name]
    assert isinstance(field, Field)
    DECLARATIONS[model] = replace(declared, fields={**declared.fields, name: replace(field, **changes)})  # type: ignore[arg-type]


def nothing_serves(purpose: Purpose) -> None:
    """Every declaration without this purpose."""
    for model, declared in list(DECLARATIONS.items()):
        others = tuple(each for each in declared.purposes if each is not purpose)
        fields = {
            name: replace(field, purposes=tuple(each for each in field.purposes if each is not purpose))
            if isinstance(field, Field) and field.purposes
            else field
            for name, field in declared.fields.items()
        }
        DECLARATIONS[model] = replace(declared, purposes=others or (Purpose.RIGHTS,), fields=fields)
    for slug in [slug for slug, each in PROCESSORS.items() if each.purpose is purpose]:
        del PROCESSORS[slug]


def clerk(role: str) -> Client:
    person = someone(role.replace(" ", ""), is_staff=True)
    call_command("ensure_roles", verbosity=0)
    person.user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(person.user)
    return client


def test_every_field_and_every_processor_stands_on_the_record():
    """What is declared and what is recorded are the same sets, in both directions."""
    declared = {
        (purpose, str(field.category), declaration.label)
        for declaration, name, field in registry.every_field()
        for purpose in declaration.purposes_of(name)
    }
    assert declared
    record = {each.purpose: each for each in activities.activities()}
    assert {purpose for purpose, _, _ in declared} <= set(record)
    for purpose, each in record.items():
        assert set(each.categories) == {category for where, category, _ in declared if where is purpose}
        files = {activities.LOG_FILES} if purpose is Purpose.SECURITY else set()
        assert set(each.records) == {label for where, _, label in declared if where is purpose} | files
        assert {kept.label for kept in each.retention} == set(each.records)
        assert each.basis == str(purpose.basis)
        assert each.measures
    named = {name for each in record.values() for name in each.recipients}
    assert named == {each.name for each in registry.processors()}


def test_a_purpose_that_nothing_serves_is_not_on_the_record(scratch):
    nothing_serves(Purpose.MARKETING)
    assert Purpose.MARKETING not in {each.purpose for each in activities.activities()}
    redeclare("accounts.User", "email", purposes=(Purpose.MARKETING,))
    [news] = [each for each in activities.activities() if each.purpose is Purpose.MARKETING]
    assert (news.categories, news.records, news.people) == (
        ["Contact details"],
        ["Account"],
        [activities.ACCOUNT_HOLDERS],
    )
    assert news.basis == "your consent (GDPR Art. 6(1)(a))"


@pytest.mark.promise("JK-45", "JS-36")
def test_a_new_recipient_abroad_stands_on_record_and_policy_at_once(scratch, client, db, monkeypatch):
    PROCESSORS["engraver"] = Processor(
        "engraver", "Griffel & Sohn", Purpose.ORDER, payload={}, after_erasure="Nothing."
    )
    known, ours = agreements.of, Agreement(None, "", (), "DE", "", None)
    monkeypatch.setattr(agreements, "of", lambda slug: ours if slug == "engraver" else known(slug))
    redeclare("orders.OrderLine", "engraving", recipients=("engraver",))
    [order] = [each for each in activities.activities() if each.purpose is Purpose.ORDER]
    assert "Griffel & Sohn" in order.recipients
    assert order.transfers.count("Griffel & Sohn (DE)") == 1
    assert activities.received_by("engraver") == ["Pieces ordered: engraving"]
    policy = client.get("/privacy/", {"fresh": "1"}).content.decode()
    assert escape("Griffel & Sohn") in policy
    assert "Pieces ordered: engraving" in policy


def test_a_field_that_stays_longer_than_its_row_says_so_everywhere(scratch, client, db):
    own = Retention.days(11, anchor="placed_at", words="eleven days and no longer")
    redeclare("orders.Order", "gift_message", retention=own)
    [row] = [each for each in activities.rows(evidence=False) if each.label == "Orders"]
    assert row.retention == "7 years; 90 days after delivery; eleven days and no longer"
    assert "eleven days and no longer" in client.get("/privacy/", {"fresh": "1"}).content.decode()
    [order] = [each for each in activities.activities() if each.purpose is Purpose.ORDER]
    assert ("eleven days and no longer", ["Orders"]) in order.periods


@pytest.mark.promise("JK-02", "JE-01")
def test_the_privacy_centre_and_the_policy_say_the_same_of_each_kind(db):
    alice = someone("alice")
    policy = {row.label: row for row in (*activities.rows(evidence=False), *activities.rows(evidence=True))}
    held = holdings.of(subjects.family(alice.subject))
    assert held
    for holding in held:
        assert holding.about == policy[holding.label]


@pytest.mark.promise("JK-02", "JE-01")
def test_the_policy_page_prints_every_kind_once(client, db):
    page = client.get("/privacy/", {"fresh": "1"}).content.decode()
    labels = [declaration.label for declaration in registry.all_declared()]
    assert [label for label in labels if page.count(f'<th scope="row">{escape(label)}</th>') != 1] == []


def test_the_table_has_one_row_for_each_purpose(db):
    answer = clerk("privacy desk").get(TABLE)
    assert answer["Content-Disposition"].startswith('attachment; filename="article-30-jane_ellen-')
    head, *rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert head == list(activities.HEADINGS)
    assert [row[1] for row in rows] == [each.name for each in activities.activities()]
    assert all(all(cell for cell in row) for row in rows)


def test_the_page_names_every_activity_and_the_controller(db):
    page = clerk("owner").get(PAGE).content.decode()
    for each in activities.activities():
        assert escape(each.name) in page
    assert "Jane Ellen Fine Jewelry LLC" in page
    assert f'href="{TABLE}"' in page


@pytest.mark.parametrize(
    ("role", "status"), [("privacy desk", 200), ("owner", 200), ("order desk", 403), ("catalogue", 403)]
)
def test_only_the_privacy_desk_and_the_owner_read_the_registers(db, role, status):
    desk = clerk(role)
    assert [desk.get(path).status_code for path in (PAGE, TABLE)] == [status, status]
    assert ("Processing activities" in desk.get("/admin/").content.decode()) is (status == 200)


def test_a_customer_is_sent_to_the_door(db):
    client = Client()
    client.force_login(someone("alice").user)
    assert client.get(PAGE).status_code == 302


def test_the_command_writes_the_same_record(tmp_path, capsys):
    table, page = tmp_path / "a.csv", tmp_path / "a.html"
    call_command("article30", csv=str(table))
    call_command("article30", html=str(page))
    call_command("article30")
    with table.open(newline="") as written:
        assert list(csv.reader(written)) == list(activities.table())
    assert page.read_text().count("<section") == len(activities.activities()) + len(
        ["controller", "receivers", "weighings"]
    )
    assert "@media print" in page.read_text()
    assert len(capsys.readouterr().out.splitlines()) == len(activities.activities())


def test_a_measure_protects_a_category_that_exists():
    named = {category for _, protects in activities.MEASURES for category in protects}
    assert named <= {field.category for _, _, field in registry.every_field()}
    assert personal(Category.NAME).category not in named
