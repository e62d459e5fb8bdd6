"""More time for a request: once, in time, with a reason that its person reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from privacy.ground import states
from privacy.models import AuditEvent
from privacy.rights import clock, deadlines, extension, intake, requests, timeline
from privacy.rights.models import DataRequest, State
from privacy.tests.people import LATER, NOON, asks, at_the_desk, mails, someone
from privacy.tests.test_rights_desk import page_of

pytestmark = pytest.mark.django_db
CAROL = "staff:3"
LOS_ANGELES = ZoneInfo("America/Los_Angeles")  # where the shop's days end
WHY = "Three processors have to look for you in their archives."


def governing(request):
    return [(each["clock"], each["rule"]) for each in request.derivation if each["governs"]]


@pytest.mark.promise("JE-96", "JE-136")
@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_more_time_is_told_with_its_reason_and_the_last_date_the_laws_allow(alice, bob, kind):
    bobs = asks(bob, kind)
    before = (bobs.due_at, bobs.derivation)
    request = extension.extend(asks(alice, kind), reason=f"  {WHY} ", by=CAROL, at=LATER)
    request.refresh_from_db()
    assert request.due_at == datetime(2027, 1, 31, 23, 59, 59, tzinfo=LOS_ANGELES), "90 days: sooner than three months"
    assert governing(request) == [("first reply", "5 business days"), ("completion", "90 calendar days")]
    assert (request.extension_reason, request.extended_by, request.first_replied_at) == (WHY, CAROL, LATER)
    (mail,) = mails("request_extended")
    assert mail.payload["to"] == alice.email
    for part in (mail.payload["text"], mail.payload["html"]):
        for words in (WHY, "31 January 2027", "90 calendar days after that day", request.reference):
            assert words in part, words
    event = AuditEvent.objects.get(event="request.extended")
    assert (event.subject_id, event.actor, event.details["rule"]) == (alice.subject.pk, CAROL, "90 calendar days")
    assert WHY in [moment.note for moment in timeline.of(request)]
    hears = [moment.note for moment in (*timeline.of(bobs), *timeline.of(request)) if "You hear from us" in moment.note]
    told = f"You hear from us by {clock.day_of(bobs.first_reply_due_at)}."
    assert hears == [told] * bobs.rule.is_decided, "she has heard, and Bob has not"
    bobs.refresh_from_db()
    assert (bobs.due_at, bobs.derivation, bobs.extended_at) == (*before, None)


def test_three_months_count_where_they_end_before_ninety_days(alice):
    request = extension.extend(
        asks(alice, at=datetime(2027, 2, 1, 9, tzinfo=UTC)), reason=WHY, by=CAROL, at=datetime(2027, 2, 2, tzinfo=UTC)
    )
    assert request.due_at == datetime(2027, 5, 2, 23, 59, 59, tzinfo=LOS_ANGELES), (
        "1 May is a Saturday, so 90 days are sooner"
    )
    assert governing(request)[1] == ("completion", "90 calendar days")
    spring = asks(someone("gwen"), at=datetime(2027, 11, 30, 9, tzinfo=UTC))
    spring = extension.extend(spring, reason=WHY, by=CAROL, at=datetime(2027, 12, 1, tzinfo=UTC))
    assert spring.due_at == datetime(2028, 2, 28, 23, 59, 59, tzinfo=LOS_ANGELES)


@pytest.mark.promise("JE-96")
@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_without_a_reason_there_is_no_more_time(alice, reason):
    request = asks(alice)
    with pytest.raises(extension.ReasonMissing):
        extension.extend(request, reason=reason, by=CAROL, at=LATER)
    assert (DataRequest.objects.get().extended_at, mails("request_extended")) == (None, [])


@pytest.mark.promise("JE-96")
def test_it_works_once_and_only_in_time(alice, bob):
    request = extension.extend(asks(alice), reason=WHY, by=CAROL, at=LATER)
    with pytest.raises(extension.Once):
        extension.extend(request, reason="Another", by=CAROL, at=LATER)
    late = asks(bob)
    with pytest.raises(extension.TooLate):
        extension.extend(late, reason=WHY, by=CAROL, at=late.due_at + timedelta(seconds=1))
    extension.extend(late, reason=WHY, by=CAROL, at=late.due_at)
    assert [mail.payload["to"] for mail in mails("request_extended")] == [alice.email, bob.email]


def test_what_nobody_proved_or_what_ended_has_no_more_time(alice, bob):
    unproven = intake.ask("erasure", address="gwen@example.com", at=NOON)
    ended = requests.refuse(asks(bob), ground="gdpr.not_shown", reason="No.", by=CAROL, at=LATER)
    for request in (unproven, ended):
        with pytest.raises(states.NotAllowed):
            extension.extend(request, reason=WHY, by=CAROL, at=LATER)


def test_the_database_knows_no_extension_without_its_reason(alice):
    request = asks(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.filter(pk=request.pk).update(extended_at=NOON)


def test_the_desk_takes_more_time_and_is_told_why_not_twice(alice):
    from django.utils import timezone

    request, carol = asks(alice, at=timezone.now()), at_the_desk()
    path = page_of(request, then="extend/")
    assert carol.post(path, {"reason": " "}).status_code == 200
    assert carol.post(path, {"reason": WHY}).status_code == 302
    assert "no second time" in carol.post(path, {"reason": WHY}).text
    request.refresh_from_db()
    assert (request.extension_reason, request.state) == (WHY, State.VERIFIED)
    assert at_the_desk("order desk", name="oscar").post(path, {"reason": WHY}).status_code == 403
    assert len(mails("request_extended")) == 1


@pytest.mark.parametrize("kind", ["question", "child_report", "parental"])
def test_what_no_law_gives_more_time_for_is_refused_with_a_sentence(alice, kind):
    from django.utils import timezone

    request, carol = asks(alice, kind, wishes={"text": "Why?", "about": "an account"}, at=timezone.now()), at_the_desk()
    path, due = page_of(request, then="extend/"), request.due_at
    assert "/extend/" not in carol.get(page_of(request, then="change/")).text, "no button that cannot work"
    answer = carol.post(path, {"reason": WHY}, follow=True)
    assert (answer.status_code, "nothing was changed" in answer.text) == (200, True)
    with pytest.raises(deadlines.NoExtension):
        extension.extend(request, reason=WHY, by=CAROL, at=LATER)
    request.refresh_from_db()
    assert (request.due_at, request.extended_at, mails("request_extended")) == (due, None, [])
