"""Accounts nobody uses end after two warnings; only the customer's own acts count as use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from accounts import inactivity, security
from accounts.inactivity import FIRST_WARNING, LAST_WARNING, Swept
from accounts.models import User
from accounts.tests.conftest import PASSWORD, Browser, make_user
from privacy.models import Certificate, Message, Subject
from privacy.register import subjects
from privacy.rights import acts, requests
from privacy.rights.models import Channel, DataRequest, State
from privacy.tests.people import held

pytestmark = pytest.mark.django_db
LAST_USED = datetime(2024, 2, 29, 12, tzinfo=UTC)
ENDS = datetime(2027, 2, 28, 12, tzinfo=UTC)  # three years later, in a year without 29 February
DAY = timedelta(days=1)
NOBODY = Swept(0, 0, 0)
BY = "system:retention"


@pytest.fixture(autouse=True)
def _three_years(settings):
    settings.LOUPE_POLICY = "selenegleam"


def unused(user, since=LAST_USED):
    User.objects.filter(pk=user.pk).update(active_at=since, last_login=since)
    user.refresh_from_db()
    return user


def sweep(at):
    return inactivity.sweep(by=BY, at=at)


def kinds():
    return list(Message.objects.order_by("created_at", "kind").values_list("kind", flat=True))


@pytest.mark.promise("JE-66")
@pytest.mark.promise("JE-66")
def test_two_warnings_and_then_the_account_is_erased_with_a_certificate(alice, bob):
    unused(alice)
    unused(bob, since=LAST_USED + DAY)
    before = held(bob.subject)
    person, subject = alice.subject, alice.subject_id

    assert sweep(ENDS - FIRST_WARNING - DAY) == NOBODY
    assert sweep(ENDS - FIRST_WARNING) == Swept(1, 0, 0)
    unused(bob, since=ENDS)  # Bob has been here meanwhile
    assert sweep(ENDS - FIRST_WARNING) == NOBODY
    assert sweep(ENDS - LAST_WARNING - DAY) == NOBODY
    assert sweep(ENDS - LAST_WARNING) == Swept(0, 1, 0)
    assert sweep(ENDS - DAY) == NOBODY
    assert kinds() == ["accounts.account_unused", "accounts.account_ends_soon"]
    assert sweep(ENDS) == Swept(0, 0, 1)
    assert sweep(ENDS) == NOBODY

    request = DataRequest.objects.get()
    assert (request.channel, request.state, request.approved_by) == (Channel.RETENTION, State.APPROVED, BY)
    acts.carry_out(request.pk, by="system:worker", at=ENDS + timedelta(days=4))
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    assert Certificate.objects.get().subject_id == subject
    assert not get_user_model().objects.filter(subject_id=subject).exists()
    person.refresh_from_db()
    assert person.is_erased
    assert held(bob.subject) == before


def test_the_mails_name_the_date_and_the_way_back(alice):
    unused(alice)
    sweep(ENDS - FIRST_WARNING)
    sweep(ENDS - LAST_WARNING)
    first, last = Message.objects.order_by("created_at")
    for mail in (first, last):
        assert "29 February 2024" in mail.payload["text"]
        assert "28 February 2027" in mail.payload["text"]
        assert "28 February 2027" in mail.payload["html"]
        assert "/accounts/login/" in mail.payload["text"]
        assert mail.payload["to"] == alice.email
        assert mail.payload["title"] in mail.payload["html"]
    assert last.payload["title"] == "Your account ends on 28 February 2027"


def test_warnings_have_their_whole_time_even_where_the_timetable_stood_still(alice):
    unused(alice)
    late = ENDS + timedelta(days=100)
    assert sweep(late) == Swept(1, 0, 0)
    first = Message.objects.get()
    assert (late + FIRST_WARNING).strftime("%-d %B %Y") in first.payload["text"]
    assert sweep(late + timedelta(days=45)) == NOBODY
    assert sweep(late + timedelta(days=50)) == Swept(0, 1, 0)
    assert sweep(late + timedelta(days=63)) == NOBODY
    assert sweep(late + timedelta(days=64)) == Swept(0, 0, 1)


# What counts as use, and what does not


def active_at(user):
    user.refresh_from_db()
    return user.active_at


@pytest.mark.promise("JE-66")
def test_signing_in_restarts_the_clock_and_forgets_the_warnings(alice):
    unused(alice)
    sweep(ENDS - FIRST_WARNING)
    start = timezone.now()
    Browser().sign_in(alice.email)
    assert active_at(alice) >= start
    assert (alice.warned_at, alice.last_warned_at) == (None, None)


def test_signing_in_during_the_grace_takes_the_erasure_back(alice, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    now = timezone.now()
    User.objects.filter(pk=alice.pk).update(
        active_at=now - timedelta(days=1200),
        warned_at=now - timedelta(days=90),
        last_warned_at=now - timedelta(days=20),
    )
    assert sweep(now) == Swept(0, 0, 1)
    assert Subject.objects.get(pk=alice.subject_id).is_restricted
    Browser().sign_in(alice.email)
    assert DataRequest.objects.get().state == State.WITHDRAWN
    assert not Subject.objects.get(pk=alice.subject_id).is_restricted
    assert sweep(now) == NOBODY


def wrong_password(alice, carol):
    Browser().sign_in(alice.email, "not the password at all")


def reset_asked_for_by_a_stranger(alice, carol):
    Browser().post("/accounts/password/reset/", {"email": alice.email})


def staff_look(alice, carol):
    browser = Browser()
    browser.sign_in(carol.email)
    browser.get(f"/admin/accounts/user/{alice.pk}/change/")


def staff_lock_and_open(alice, carol):
    security.deactivate(alice, by=carol, at=timezone.now())
    security.reactivate(alice, by=carol, at=timezone.now())


def a_mail_is_sent(alice, carol):
    sweep(ENDS - FIRST_WARNING)
    Message.objects.update(state=Message.State.SENT, payload=None, sent_at=timezone.now())


def somebody_types_the_address_at_sign_up(alice, carol):
    browser = Browser()
    browser.says_age()
    browser.post("/accounts/signup/", {"email": alice.email, "password1": PASSWORD, "full_name": "Mallory"})


@pytest.mark.parametrize(
    "act",
    [
        wrong_password,
        reset_asked_for_by_a_stranger,
        staff_look,
        staff_lock_and_open,
        a_mail_is_sent,
        somebody_types_the_address_at_sign_up,
    ],
)
def test_what_others_do_does_not_restart_the_clock(act, alice, carol):
    carol.is_superuser = True
    carol.save()
    unused(alice)
    act(alice, carol)
    assert active_at(alice) == LAST_USED


def test_an_act_of_earlier_never_turns_the_clock_back(alice):
    unused(alice, since=ENDS)
    inactivity.restart(alice, by=alice, at=LAST_USED)
    assert active_at(alice) == ENDS


# Who is left alone


def test_staff_and_people_whose_data_are_restricted_are_left_alone(alice, carol):
    unused(carol)
    unused(alice)
    subjects.restrict(alice.subject, by=carol, at=LAST_USED)
    assert sweep(ENDS + timedelta(days=400)) == NOBODY


def test_an_erasure_the_customer_asked_for_is_left_as_it_stands(alice):
    unused(alice)
    sweep(ENDS - FIRST_WARNING)
    sweep(ENDS - LAST_WARNING)
    request = requests.receive("erasure", subject=alice.subject, contact=alice.email, by=alice, at=ENDS - DAY)
    requests.verify(request, evidence="reauthenticated", by=alice, at=ENDS - DAY)
    assert sweep(ENDS) == NOBODY
    assert DataRequest.objects.get().channel == Channel.ACCOUNT


def test_how_long_is_the_shops_policy(alice, settings):
    settings.LOUPE_POLICY = "jane_ellen"
    unused(alice)
    assert sweep(datetime(2026, 2, 28, 12, tzinfo=UTC) - FIRST_WARNING) == Swept(1, 0, 0)


def test_of_two_sweeps_at_once_one_warns(alice):
    unused(alice)
    (stale,) = inactivity.to_warn(ENDS)
    assert sweep(ENDS) == Swept(1, 0, 0)
    assert inactivity._warn(stale, by=BY, at=ENDS) is False
    assert len(kinds()) == 1


def test_somebody_who_comes_back_between_looking_and_writing_is_not_warned(alice):
    unused(alice)
    (seen,) = inactivity.to_warn(ENDS)
    inactivity.restart(alice, by=alice, at=ENDS)
    assert inactivity._warn(seen, by=BY, at=ENDS) is False
    assert kinds() == []


def test_thirty_accounts_are_found_with_as_many_questions_as_one(django_assert_num_queries):
    for number in range(30):
        unused(make_user(f"guest{number}@example.com"))
    with django_assert_num_queries(1):
        assert len(list(inactivity.to_warn(ENDS))) == 30
