"""*Attn: California Privacy*: answered from the rows of disclosures, once a calendar year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from privacy.messages import inbox
from privacy.models import Disclosure
from privacy.register import subjects
from privacy.rights import acts, intake, mailroom, shine_the_light
from privacy.rights.models import DataRequest, Kind, State
from privacy.tests.inbox.mails import RECEIVED, arrival, mail
from privacy.tests.people import NOON, asks

pytestmark = pytest.mark.django_db

WORKER = "system:worker"
LAST_YEAR = datetime(2025, 6, 1, 12, tzinfo=UTC)


def gave(person, processor="print", *, keys=("full_name", "city"), purpose="marketing", at=LAST_YEAR) -> None:
    Disclosure.objects.create(
        processor=processor,
        subject_id=person.subject.pk,
        keys=list(keys),
        purpose=purpose,
        host="by hand",
        actor="staff:3",
        at=at,
    )


def answered(person, *, at=NOON) -> str:
    request = asks(person, "shine_the_light", at=at)
    acts.carry_out(request.pk, by=WORKER, at=at)
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    return request.answer


@pytest.mark.promise("JK-34")
def test_it_names_who_received_what_for_marketing_in_the_year_before(alice, bob):
    gave(alice), gave(alice, keys=["country"])
    gave(alice, "gem_gazette")
    gave(alice, "stripe", keys=["amount"], purpose="payment")
    gave(alice, at=NOON)
    gave(bob, "rival")
    assert answered(alice).splitlines() == [
        "In 2025 we told these about you, who may have used it for their own direct marketing:",
        "- gem_gazette:  (once)",
        "These worked for us on our own news and letters. They may use what they received for nothing else:",
        "- The printer of our letters, US: Name, Postal address (2 times)",
    ]


@pytest.mark.promise("JK-34")
def test_a_mail_with_that_headline_is_answered_from_the_rows(alice, bob):
    gave(alice, "gem_gazette", at=RECEIVED - timedelta(days=365)), gave(bob, "rival", at=RECEIVED - timedelta(days=365))
    kept = inbox.keep(arrival(mail("Attn: California Privacy", "Whom did you tell?", sender=alice.email)), at=RECEIVED)
    mailroom.handle(kept.pk, at=RECEIVED)
    request = intake.confirm(DataRequest.objects.get().pk, at=RECEIVED)
    assert request.kind == Kind.SHINE_THE_LIGHT
    acts.carry_out(request.pk, by=WORKER, at=RECEIVED)
    request.refresh_from_db()
    assert (request.state, "gem_gazette" in request.answer, "rival" in request.answer) == (State.COMPLETED, True, False)


@pytest.mark.promise("JK-34")
def test_whoever_was_named_to_nobody_reads_just_that(alice, bob):
    gave(bob)
    assert answered(alice) == "In 2025 we gave nothing about you to anybody for their own direct marketing."


def test_the_year_is_the_shops_own(alice):
    """In New York the last evening of 2024 is the first night of 2025 in London."""
    gave(alice, at=datetime(2025, 1, 1, 3, tzinfo=UTC))
    assert shine_the_light.during([alice.subject.pk], year=2025) == []
    assert len(shine_the_light.during([alice.subject.pk], year=2024)) == 1


@pytest.mark.promise("JK-36")
def test_the_same_answer_comes_again_within_a_calendar_year_and_a_fresh_one_in_the_next(alice, bob):
    first = answered(alice)
    gave(alice)
    again = answered(alice, at=NOON + timedelta(days=9))
    reference = alice.subject.requests.order_by("received_at").first().reference
    said, _, repeated = again.partition("\n\n")
    assert said.startswith(f"You asked the same on 2 November 2026 ({reference}).")
    assert repeated == first
    gave(alice, at=NOON)
    assert answered(alice, at=NOON + timedelta(days=90)).startswith("In 2026 ")
    assert "The printer" not in answered(bob), "somebody else's year is their own"


@pytest.mark.promise("JK-36")
def test_once_a_year_counts_for_this_kind_alone(alice):
    answered(alice)
    for kind in ("access", "objection", "restriction"):
        request = asks(alice, kind, at=NOON + timedelta(days=1))
        acts.carry_out(request.pk, by=WORKER, at=NOON + timedelta(days=1))
        request.refresh_from_db()
        assert request.state == State.COMPLETED


@pytest.mark.promise("JK-35")
@pytest.mark.parametrize("residence", ["", "US-CA", "DE", "US-NY"])
def test_it_is_due_within_thirty_calendar_days_although_the_policy_says_working_days(alice, settings, residence):
    settings.LOUPE_POLICY = "jskeuc"
    subject = alice.subject
    subject.residence = residence
    subject.save()
    request = asks(alice, "shine_the_light")
    assert request.due_at <= NOON + timedelta(days=31)
    promised = [each["rule"] for each in request.derivation if each["clock"] == "completion"]
    assert "30 business days" in promised
    assert subjects.root(subject).residence == residence
