"""Something we hold is wrong: it is put right by the app that holds it, and whoever received it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.apps import apps

from privacy.forms.own import OwnWishForm
from privacy.ground import states
from privacy.models import AuditEvent, Disclosure
from privacy.register import subjects
from privacy.register.declare import PROCESSORS, Unfit
from privacy.rights import acts, correction, requests
from privacy.rights.kinds import Kind
from privacy.rights.models import ErasureStep, State
from privacy.tests.people import LATER, NOON, asks, held, mails

pytestmark = pytest.mark.django_db

CAROL, WORKER = "staff:3", "system:worker"
Address = apps.get_model("accounts.Address")


def entry_of(person, field: str) -> correction.Entry:
    found = correction.entries(subjects.family(person.subject))
    return next(each for each in found if each.field == field and each.declaration.model == "accounts.Address")


def wants(person, field="city", value="Delft", **more):
    wishes = {"field": entry_of(person, field).name, "value": value} | more
    return asks(person, "correction", wishes=wishes)


def carried_out(request, *, at=LATER):
    if request.state == State.VERIFIED:
        requests.approve(request, by=CAROL, at=at)
    acts.carry_out(request.pk, by=WORKER, at=at)
    request.refresh_from_db()
    return request


def printed(person) -> None:
    Disclosure.objects.create(
        processor="print", subject_id=person.subject.pk, keys=["full_name", "city"], purpose="marketing", host="by hand",
        actor=CAROL, at=NOON,
    )  # fmt: skip


def city_of(person) -> str:
    return Address.objects.get(user=person.user).city


@pytest.mark.promise("JE-82", "JE-36", "JE-76")
def test_staff_say_yes_and_the_app_that_holds_it_puts_it_right(alice, bob):
    before = held(bob)
    request = wants(alice)
    assert city_of(alice) == "Aliceville", "nothing changes before somebody has looked"
    carried_out(request)
    assert (request.state, city_of(alice), city_of(bob)) == (State.COMPLETED, "Delft", "Bobville")
    assert (
        request.answer == "Saved addresses: town or city now stands as you wrote it. Invoices stay as they were issued."
    )
    assert held(bob) == before
    trail = AuditEvent.objects.filter(subject_id=alice.subject.pk)
    assert [each.event for each in trail if each.event in ("address.changed", "correction.made")] == [
        "address.changed",
        "correction.made",
    ]
    assert not any("Delft" in str(each.details) + each.note for each in trail), "the trail names no value"
    assert mails("request_completed")


def test_refused_or_taken_back_nothing_changes(alice):
    first = wants(alice)
    requests.refuse(first, ground="gdpr.accurate", reason="The register of places says otherwise.", by=CAROL, at=LATER)
    requests.withdraw(wants(alice, value="Leiden"), by=alice.user, at=LATER)
    with pytest.raises(states.NotAllowed):
        requests.approve(first, by="staff:4", at=LATER)
    assert city_of(alice) == "Aliceville"


# What can be asked


def test_what_can_be_put_right_is_offered_with_its_value_and_nothing_of_anybody_else(alice, bob):
    offered = {each.name: each.value for each in correction.entries(subjects.family(alice.subject))}
    address = Address.objects.get(user=alice.user).pk
    assert offered[f"accounts.Address:{address}:city"] == "Aliceville"
    assert offered[f"accounts.User:{alice.user.pk}:full_name"] == "Alice Tokenaliceson"
    assert not [value for value in offered.values() if value in bob.words]
    assert f"accounts.User:{alice.user.pk}:email" not in offered, "that takes a proof of whoever reads mail there"


@pytest.mark.parametrize(
    "name",
    ["", "accounts.User", "accounts.User:x:full_name", "accounts.User:1:password", "nobody.Model:1:name", "a:b:c:d",
     "orders.Order:12:invoice_number"],
)  # fmt: skip
def test_a_name_that_is_none_is_refused(alice, name):
    with pytest.raises(correction.NotOpen):
        correction.find(subjects.family(alice.subject), name)


@pytest.mark.promise("JE-82")
def test_nobody_corrects_a_row_of_somebody_else(alice, bob):
    with pytest.raises(correction.NotOpen):
        correction.find(subjects.family(alice.subject), entry_of(bob, "city").name)
    request = asks(alice, "correction", wishes={"field": entry_of(bob, "city").name, "value": "Nowhere"})
    carried_out(request)
    assert (city_of(bob), request.answer) == ("Bobville", correction.GONE)


@pytest.mark.parametrize(("field", "value"), [("city", ""), ("city", "x" * 101), ("country", "XX"), ("phone", "no")])
def test_a_value_that_cannot_stand_there_changes_nothing_and_says_why(alice, field, value):
    request = carried_out(wants(alice, field, value))
    assert (request.state, city_of(alice)) == (State.COMPLETED, "Aliceville")
    assert "could not be put right: " in request.answer
    assert ErasureStep.objects.filter(request=request).count() == 1


def test_a_value_is_checked_before_anybody_decides(alice):
    with pytest.raises(Unfit):
        correction.check(subjects.family(alice.subject), entry_of(alice, "city").name, "")


@pytest.mark.promise("JE-36", "JE-76")
@pytest.mark.parametrize(
    "wishes",
    [{"text": "My ring size is 54."}, {"field": "My name", "value": "Alice Baker"}],
    ids=["words", "a guest's"],
)
def test_words_instead_of_a_field_are_put_right_by_hand_and_until_then_it_is_not_complete(alice, wishes):
    request = carried_out(asks(alice, "correction", wishes=wishes))
    step = request.steps.get()
    assert (request.state, request.answer, step.blocker) == (State.PARTLY_DONE, correction.READ, correction.DO_BY_HAND)
    carried_out(request)
    assert request.state == State.PARTLY_DONE, "no software does it"
    correction.note_by_hand(request, receipt="on the account page", by=CAROL, at=LATER)
    request.refresh_from_db()
    assert (request.state, request.steps.get().receipt) == (State.COMPLETED, "on the account page")
    with pytest.raises(correction.NothingByHand):
        correction.note_by_hand(request, receipt="again", by=CAROL, at=LATER)


# Told on


@pytest.mark.promise("JE-82")
def test_whoever_received_it_is_told_and_until_then_it_is_not_complete(alice, bob):
    printed(alice), printed(bob)
    request = carried_out(wants(alice))
    step = request.steps.get(target="print")
    assert (request.state, city_of(alice), step.state) == (State.PARTLY_DONE, "Delft", "blocked")
    assert step.blocker == "Tell The printer of our letters by hand, then note here how."
    with pytest.raises(requests.OpenSteps):
        requests.complete(request, by=CAROL, at=LATER)
    with pytest.raises(correction.ReceiptMissing):
        correction.note_by_hand(request, receipt=" ", by=CAROL, at=LATER)
    correction.note_by_hand(request, receipt="ticket 812", by=CAROL, at=LATER)
    request.refresh_from_db()
    assert (request.state, request.steps.get(target="print").receipt) == (State.COMPLETED, "ticket 812")


def test_whoever_never_received_this_very_field_is_not_told(alice):
    printed(alice)
    request = carried_out(wants(alice, "line2", "Flat 3"))
    assert (request.state, request.steps.count()) == (State.COMPLETED, 1)


@pytest.mark.promise("JE-82")
def test_words_name_to_staff_whoever_was_given_what_they_may_be_about(alice, bob):
    printed(bob)
    before = carried_out(asks(alice, "correction", wishes={"text": "My street is spelled wrong."}))
    assert before.steps.get().blocker == correction.DO_BY_HAND, "nobody received anything of hers"
    correction.note_by_hand(before, receipt="done", by=CAROL, at=LATER)
    printed(alice)
    request = carried_out(asks(alice, "correction", wishes={"text": "My street is spelled wrong."}))
    step = request.steps.get()
    assert step.blocker == correction.DO_AND_TELL_BY_HAND.format(names="The printer of our letters")


def test_software_tells_what_was_said_in_words_only_after_the_hand_has_put_it_right(alice, printer):
    told, away = printer
    away[0] = False
    printed(alice)
    request = carried_out(asks(alice, "correction", wishes={"text": "My street is spelled wrong."}))
    carried_out(request)
    states_of = dict(request.steps.values_list("target", "state"))
    assert (request.state, told, states_of) == (State.PARTLY_DONE, [], {"correction": "blocked", "print": "pending"})
    correction.note_by_hand(request, receipt="in the address book", by=CAROL, at=LATER)
    carried_out(request)
    assert (request.state, told) == (State.COMPLETED, [([alice.subject.pk], {})])


@pytest.mark.parametrize("slug", sorted(PROCESSORS))
def test_each_company_says_how_it_is_told_or_why_it_need_not_be(slug):
    assert PROCESSORS[slug].corrects.endswith(".")


@pytest.fixture
def printer(monkeypatch):
    """The printer as one that software can tell: it refuses as long as `away` is true."""
    told, away = [], [True]

    def tell(family, values):
        if away[0]:
            raise ConnectionError("no route")
        told.append((family, dict(values)))
        return "receipt 7"

    monkeypatch.setitem(PROCESSORS, "print", replace(PROCESSORS["print"], corrector=tell))
    return told, away


def test_a_processor_that_is_away_is_told_again_and_the_row_is_put_right_once(alice, printer):
    told, away = printer
    printed(alice)
    request = carried_out(wants(alice))
    assert (request.state, told, correction.by_hand(request)) == (State.PARTLY_DONE, [], None)
    assert request.retry_at == LATER + correction.RETRY
    Address.objects.filter(user=alice.user).update(city="Gouda")  # changed again on the account page meanwhile
    away[0] = False
    carried_out(request, at=LATER + correction.RETRY)
    assert (request.state, city_of(alice)) == (State.COMPLETED, "Gouda")
    assert told == [([alice.subject.pk], {"accounts.Address.city": "Delft"})]
    assert request.steps.get(target="print").receipt == "receipt 7"


# At the form


def test_somebody_signed_in_picks_the_value_and_reads_at_once_what_cannot_stand_there(alice, bob):
    name = entry_of(alice, "city").name
    form = OwnWishForm(Kind.CORRECTION, alice.subject, {"field": name, "value": "Delft"})
    offered = " ".join(label for _, label in form.fields["field"].choices)
    assert ("Saved addresses: town or city: Aliceville" in offered, "Bobville" in offered) == (True, False)
    assert (form.is_valid(), form.wishes) == (True, {"field": name, "value": "Delft"})
    for typed in ({"field": name, "value": "x" * 101}, {"field": entry_of(bob, "city").name, "value": "Delft"}):
        assert not OwnWishForm(Kind.CORRECTION, alice.subject, typed).is_valid()
