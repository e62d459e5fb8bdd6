"""Know the categories: kinds of data, what for, where from, and kinds of companies that received them; never a value, never Bob."""

from __future__ import annotations

from datetime import timedelta

import pytest

from privacy.messages import inbox
from privacy.models import Disclosure
from privacy.register import presence, registry, subjects
from privacy.register.demand_models import Demand
from privacy.rights import acts, categories, contents, intake, kinds, mailroom
from privacy.rights.kinds import Kind, Proof
from privacy.rights.models import DataRequest, State
from privacy.tests.inbox.mails import RECEIVED, arrival, mail
from privacy.tests.people import NOON, asks, mails

pytestmark = pytest.mark.django_db
LONG_AGO = NOON - timedelta(days=500)
LATELY = NOON - timedelta(days=20)


def gave(person, processor, *keys, at=LATELY):
    Disclosure.objects.create(
        processor=processor,
        subject_id=person.subject.pk,
        keys=list(keys),
        purpose="order",
        host="x.example",
        actor="test",
        at=at,
    )


def family(person):
    return subjects.family(person.subject)


@pytest.mark.promise("JE-87")
def test_every_category_that_is_held_is_named_with_its_purposes_and_sources(alice):
    there = presence.of(family(alice))
    expected = {
        (str(field.category), purpose.words, str(field.source))
        for declaration, name, field in registry.every_field()
        if declaration.model in there
        for purpose in declaration.purposes_of(name)
    }
    assert {category for category, _, _ in expected} >= {"Name", "Contact details", "Postal address", "Account"}
    found = categories.held(family(alice))
    assert {each.category for each in found} == {category for category, _, _ in expected}
    for each in found:
        assert set(each.purposes) == {why for category, why, _ in expected if category == each.category}
        assert set(each.sources) == {source for category, _, source in expected if category == each.category}


@pytest.mark.promise("JE-87")
def test_who_received_is_told_by_kind_for_twelve_months_and_for_ever(alice, bob):
    gave(alice, "stripe", "amount", "mode", at=LONG_AGO)
    gave(alice, "print", "full_name", "city"), gave(alice, "print", "country")
    gave(alice, "chosen_by_you", at=LATELY - timedelta(days=2))
    gave(alice, "gem_gazette", "x", at=LONG_AGO - timedelta(days=1))
    gave(bob, "mailchimp", "email_address")
    report = categories.of(family(alice), at=NOON)
    assert [(each.kind, each.categories, each.times) for each in report.lately] == [
        ("printers", ["Name", "Postal address"], 2),
        ("a provider you chose yourself", ["all that your copy holds"], 1),
    ]
    assert [(each.kind, each.categories, each.times) for each in report.ever] == [
        ("printers", ["Name", "Postal address"], 2),
        ("a provider you chose yourself", ["all that your copy holds"], 1),
        ("payment companies", ["Orders and payments"], 1),
        ("others", [], 1),
    ]


def test_a_mail_service_got_what_may_stand_in_a_mail(alice):
    gave(alice, "mail", "to", "text")
    [mails_by] = categories.of(family(alice), at=NOON).lately
    told = {str(field.category) for _, _, field in registry.fields(recipient="mail")}
    assert (mails_by.kind, set(mails_by.categories)) == ("mail services", told)


@pytest.mark.parametrize(("is_secret", "told"), [(False, 1), (True, 0)])
def test_an_authority_is_told_of_unless_the_order_forbids_it(alice, is_secret, told, monkeypatch):
    demand = Demand(scope=["accounts.Address"], is_secret=is_secret, handed_over_at=LATELY)
    asked = Demand.objects.none if is_secret else (lambda: [demand])
    monkeypatch.setattr(categories, "_demands", lambda *_: asked())
    found = categories.received(family(alice), until=NOON)
    assert [each.kind for each in found] == [categories.AUTHORITIES] * told


@pytest.mark.promise("JE-87")
@pytest.mark.parametrize("way", ["form", "mail"])
def test_it_is_asked_for_by_form_or_mail_and_a_worker_answers(alice, bob, way, client):
    gave(alice, "print", "city", at=RECEIVED)
    if way == "form":
        page = {"kind": "categories", "email": alice.email}
        assert (
            client.post("/privacy/request/categories/", page, headers={"Sec-Fetch-Site": "same-origin"}).status_code
            == 302
        )
    else:
        said = mail("Request to know the categories of my personal data", "Thank you.", sender=alice.email)
        mailroom.handle(inbox.keep(arrival(said), at=RECEIVED).pk, at=RECEIVED)
    request = DataRequest.objects.get()
    assert (request.kind, request.verified_at, kinds.rule(request.kind).proof) == (Kind.CATEGORIES, None, Proof.ADDRESS)
    request = intake.confirm(request.pk, at=request.received_at)
    acts.carry_out(request.pk, by="system:worker", at=request.received_at)
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    assert "- Postal address: " in request.answer
    assert categories.NEVER_SHARED in request.answer or categories.SHARED in request.answer
    assert [word for word in (*alice.words, *bob.words) if word in request.answer] == [], "kinds, no values"
    assert [each.subject for each in mails("request_completed")] == [request.subject]


@pytest.mark.promise("JE-87")
def test_it_is_part_of_every_copy(alice):
    gave(alice, "print", "city")
    request = asks(alice, Kind.ACCESS)
    told = contents.tail(family(alice), at=NOON)["categories"]
    assert request.kind == Kind.ACCESS
    assert told == categories.of(family(alice), at=NOON).as_data()
    assert [each["kind"] for each in told["received_ever"]] == ["printers"]


def test_what_is_shared_follows_the_tags_that_may_run(alice, settings):
    settings.LOUPE_POLICY = "selenegleam"
    assert categories.of(family(alice), at=NOON).text.endswith(f"{categories.SOLD}\n{categories.NEVER_SHARED}")
