"""A no names a ground from the law's closed list, and can be appealed against. Nothing else is a reason."""

from __future__ import annotations

import re

import pytest

from privacy.models import Subject
from privacy.register import subjects
from privacy.rights import answers, appeals, grounds, requests
from privacy.rights.deadlines import Law
from privacy.rights.grounds import GROUNDS, Ground
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest, State
from privacy.tests.people import NOON, asks, held, mails

CAROL, DORA = "staff:3", "staff:4"
WHY = "Nothing shows that the order you named is yours."
PLACES = ["", "DE", "GB", "CH", "US", "US-CA", "US-VA", "US-NY", "JP"]


def living_in(person, residence):
    Subject.objects.filter(pk=person.subject.pk).update(residence=residence)
    return person


def refused(person, kind="erasure", ground=Ground.NOT_SHOWN, by=CAROL):
    return requests.refuse(asks(person, kind), ground=ground, reason=WHY, by=by, at=NOON)


def test_every_ground_stands_somewhere_and_says_so_in_plain_words():
    assert list(GROUNDS) == list(Ground)
    for each in GROUNDS.values():
        assert each.kinds, each.ground
        assert each.words[0].isupper(), each.ground
        assert each.words[-1] == ".", each.ground
        assert each.law is Law.POLICY or re.search(r"\d", each.source), f"{each.ground} names its article"


@pytest.mark.promise("JE-74")
@pytest.mark.parametrize(
    ("residence", "law", "open_ones"),
    [
        ("DE", Law.GDPR, ["not_shown", "unfounded", "excessive", "expression", "legal_obligation", "legal_claims"]),
        ("", Law.GDPR, ["not_shown", "unfounded", "excessive", "expression", "legal_obligation", "legal_claims"]),
        ("US-NY", Law.GDPR, ["not_shown", "unfounded", "excessive", "expression", "legal_obligation", "legal_claims"]),
        ("US-CA", Law.CALIFORNIA, ["not_shown", "unfounded", "transaction", "security", "speech", "legal_obligation"]),
        ("US-VA", Law.STATES, ["not_shown", "unfounded", "legal_obligation", "transaction", "claims"]),
        ("CH", Law.SWITZERLAND, ["unfounded", "statute", "interest"]),
    ],
)
def test_the_grounds_on_which_an_erasure_is_refused_are_the_laws_own(residence, law, open_ones):
    """A business reason alone is none of them."""
    found = grounds.of("erasure", residence)
    assert [each.partition(".")[2] for each in found] == open_ones
    assert {GROUNDS[each].law for each in found} == {law}


@pytest.mark.parametrize("residence", PLACES)
@pytest.mark.parametrize("kind", ["withdrawal", "deactivation"])
def test_what_needs_nobodys_leave_cannot_be_refused(kind, residence):
    assert grounds.of(kind, residence) == []


@pytest.mark.parametrize("residence", PLACES)
def test_an_opt_out_is_refused_only_where_california_knows_a_fraud(residence):
    expected = [Ground.CA_FRAUD] if residence == "US-CA" else []
    assert grounds.of("opt_out", residence) == grounds.of("limit", residence) == expected


def test_another_laws_ground_or_another_rights_is_no_ground(alice, bob):
    before = held(bob)
    request = asks(living_in(alice, "DE"))
    for ground in ("", "no", "business", "california.security", "gdpr.overriding", "gdpr.accurate"):
        with pytest.raises(grounds.NotOpen):
            requests.refuse(request, ground=ground, reason=WHY, by=CAROL, at=NOON)
    request.refresh_from_db()
    assert (request.state, request.refusal_ground, mails("request_refused")) == (State.VERIFIED, "", [])
    assert held(bob) == before


@pytest.mark.parametrize("residence", ["DE", "CH", "US-CA", "US-VA"])
def test_a_no_tells_the_ground_the_article_our_words_and_how_to_appeal(residence, alice):
    ground = grounds.of("erasure", residence)[0]
    refused(living_in(alice, residence), ground=ground)
    (mail,) = mails("request_refused")
    told = [GROUNDS[ground].words, GROUNDS[ground].source, WHY, grounds.appeal(residence)]
    text = " ".join(mail.payload["text"].split())
    assert [each for each in told if each not in text] == []


@pytest.mark.parametrize(
    ("residence", "whom"),
    [
        ("FR", "Commission nationale de l'informatique et des libertés"),
        ("GB", "Information Commissioner's Office"),
        ("CH", "Eidgenössischer Datenschutz- und Öffentlichkeitsbeauftragter"),
        ("US-CA", "Attorney General of California or California Privacy Protection Agency"),
        ("US-VA", "the attorney general of your state"),
        ("", "the data protection authority of the place where you live"),
    ],
)
def test_the_authority_is_that_of_the_residence(residence, whom):
    assert whom in grounds.appeal(residence)


def test_somebody_else_answers_an_appeal(alice, bob):
    before = held(bob)
    no = refused(alice)
    appeal = appeals.ask(no, text="It is mine.", contact=alice.email, by=alice.user, at=NOON)
    assert (appeal.kind, appeal.against, appeal.state) == (Kind.COMPLAINT, no, State.VERIFIED)
    assert appeals.ask(no, text="Really.", contact=alice.email, by=alice.user, at=NOON) == appeal, "one is open"
    with pytest.raises(answers.SamePerson):
        answers.give(appeal, text="Still no.", by=CAROL, at=NOON)
    with pytest.raises(answers.SamePerson):
        appeals.uphold(appeal, text="Yes.", by=CAROL, at=NOON)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer) == (State.VERIFIED, None)
    answers.give(appeal, text="We looked again, and it stays so.", by=DORA, at=NOON)
    assert DataRequest.objects.get(pk=no.pk).state == State.REFUSED
    assert held(bob) == before


def test_an_appeal_that_is_right_takes_the_request_up_once_more_as_it_was_asked_and_proved(alice):
    say = {"subject": alice.subject, "contact": alice.email, "by": alice.user, "at": NOON}
    asked = requests.receive("correction", wishes={"field": "full_name", "value": "Alice Opal"}, **say)
    requests.verify(asked, evidence="reauthenticated", by=alice.user, at=NOON)
    no = requests.refuse(asked, ground=Ground.ACCURATE, reason="It is right.", by=CAROL, at=NOON)
    appeal = appeals.ask(no, text="It is not.", contact=alice.email, by=alice.user, at=NOON)
    again = appeals.uphold(appeal, text="You are right.", by=DORA, at=NOON)
    assert (again.kind, again.state, again.wishes, again.contact) == (no.kind, State.VERIFIED, no.wishes, alice.email)
    assert again.identity_checks.get().method == "reauthenticated"
    assert {each.state for each in DataRequest.objects.filter(pk__in=[no.pk, appeal.pk])} == {
        State.REFUSED,
        State.COMPLETED,
    }


def test_only_a_no_is_appealed_against_and_only_an_appeal_is_upheld(alice):
    with pytest.raises(appeals.NothingToAppeal):
        appeals.ask(asks(alice), text="Why?", contact=alice.email, by=alice.user, at=NOON)
    with pytest.raises(appeals.NothingToAppeal):
        appeals.uphold(asks(alice, "complaint"), text="Yes.", by=DORA, at=NOON)


def test_an_appeal_of_somebody_never_proved_proves_nothing(db, alice):
    """Somebody typed Alice's address; the no to that stays outside her data, and so does the appeal."""
    stranger = subjects.new(by="system:test", at=NOON)
    asked = requests.receive("access", subject=stranger, contact=alice.email, channel="form", by="system:test", at=NOON)
    no = requests.refuse(asked, ground=Ground.NOT_SHOWN, reason=WHY, by=CAROL, at=NOON)
    appeal = appeals.ask(no, text="It is me.", contact=alice.email, by=stranger, at=NOON)
    again = appeals.uphold(appeal, text="Prove it by the link.", by=DORA, at=NOON)
    assert (again.state, again.subject, again.identity_checks.count()) == (State.RECEIVED, stranger, 0)
