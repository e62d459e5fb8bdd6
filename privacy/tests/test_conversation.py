"""Messages about a request: both sides write, only they read, and a mail carries nothing but the way there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from privacy.models import AuditEvent, RequestMessage
from privacy.rights import clock, conversation, conversation_templates, desk_people, erasure, requests
from privacy.rights.models import DataRequest, State
from privacy.tests.people import LATER, NOON, asks, held, mails, someone

pytestmark = pytest.mark.django_db
WORDS = "My old street was Quartz Lane 7, please look under it too."
ANSWER = "We found it, and it is in your copy."
MINUTE = timedelta(minutes=1)


@pytest.fixture
def carol():
    return colleague("carol")


def colleague(name: str):
    call_command("ensure_roles", verbosity=0)
    person = someone(name, is_staff=True)
    person.user.groups.add(Group.objects.get(name="privacy desk"))
    return person


def said(request):
    return [(each.is_from_staff, each.text) for each in conversation.of(request)]


def test_both_sides_write_and_each_hears_of_the_other_without_the_words(alice, bob, carol):
    request, bobs = asks(alice), asks(bob)
    before = held(bob)
    conversation.write(request, text=f"  {WORDS}\r\n", by=alice.user, at=NOON + MINUTE)
    conversation.write(request, text=ANSWER, by=carol.user, at=LATER)
    assert said(request) == [(False, WORDS), (True, ANSWER)]
    (to_desk,), (to_alice,) = mails("message_from_them"), mails("message_from_us")
    assert (to_desk.payload["to"], to_alice.payload["to"]) == (carol.email, alice.email)
    assert f"/admin/privacy/datarequest/{request.pk}/" in to_desk.payload["text"]
    for mail in (to_desk, to_alice):
        for part in ("title", "text", "html"):
            assert WORDS not in mail.payload[part]
            assert ANSWER not in mail.payload[part]
        assert request.reference in mail.payload["title"]
    assert alice.email not in to_desk.payload["text"] + to_desk.payload["html"]
    assert (said(bobs), held(bob)) == ([], before)


def test_the_words_lie_sealed_and_the_trail_says_only_that_somebody_wrote(alice):
    request = asks(alice)
    conversation.write(request, text=WORDS, by=alice.user, at=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM privacy_requestmessage")
        assert b"Quartz" not in bytes(cursor.fetchone()[0])
    event = AuditEvent.objects.get(event="request.message")
    assert (event.object_ref, event.subject_id, event.note, event.details) == (
        request.reference,
        alice.subject.pk,
        "",
        {},
    )


def test_the_number_of_a_card_is_masked_before_it_is_kept(alice):
    request = asks(alice)
    conversation.write(request, text="I paid with 4242 4242 4242 4242.", by=alice.user, at=LATER)
    assert said(request) == [(False, "I paid with •••• •••• •••• 4242.")]


def test_each_side_has_its_own_unread(alice, carol):
    request = asks(alice)
    conversation.write(request, text=WORDS, by=alice.user, at=NOON + MINUTE)
    conversation.write(request, text="And my phone number, please.", by=alice.user, at=NOON + 2 * MINUTE)
    conversation.write(request, text=ANSWER, by=carol.user, at=LATER)
    assert (conversation.unread(request, by=carol.user), conversation.unread(request, by=alice.user)) == (2, 1)
    assert conversation.read(request, by=carol.user, at=LATER) == 2
    assert (conversation.unread(request, by=carol.user), conversation.unread(request, by=alice.user)) == (0, 1)
    assert conversation.read(request, by=alice.user, at=LATER + MINUTE) == 1
    assert conversation.read(request, by=alice.user, at=LATER + 2 * MINUTE) == 0
    assert RequestMessage.objects.get(is_from_staff=True).read_at == LATER + MINUTE


def test_the_first_words_of_staff_are_the_first_reply_and_those_of_the_person_are_not(alice, carol):
    request = asks(alice)
    conversation.write(request, text=WORDS, by=alice.user, at=NOON + MINUTE)
    assert DataRequest.objects.get().first_replied_at is None
    conversation.write(request, text=ANSWER, by=carol.user, at=LATER)
    conversation.write(request, text=ANSWER, by=carol.user, at=LATER + MINUTE)
    assert DataRequest.objects.get().first_replied_at == LATER


def test_nobody_else_writes_or_reads(alice, bob):
    request = asks(alice)
    for by in (bob.user, bob.subject):
        with pytest.raises(conversation.NotInvolved):
            conversation.write(request, text="Tell me her address.", by=by, at=LATER)
        with pytest.raises(conversation.NotInvolved):
            conversation.unread(request, by=by)
        with pytest.raises(conversation.NotInvolved):
            conversation.read(request, by=by, at=LATER)
    assert said(request) == []


def test_staff_are_the_person_in_their_own_request_and_hear_nothing_as_staff(carol):
    dora = colleague("dora")
    request = asks(carol)
    conversation.write(request, text=WORDS, by=carol.user, at=LATER)
    assert said(request) == [(False, WORDS)]
    assert [mail.payload["to"] for mail in mails("message_from_them")] == [dora.email]


def test_whoever_works_the_request_hears_alone(alice, carol):
    colleague("dora")
    request = asks(alice)
    request.assigned_to = f"staff:{carol.user.pk}"
    assert desk_people.of(request) == [carol.user]
    request.assigned_to = f"staff:{alice.user.pk}"
    assert len(desk_people.of(request)) == 2, "somebody who may not decide is not told"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", conversation.Empty),
        (" \r\n\t ", conversation.Empty),
        ("x" * 4_001, conversation.TooLong),
    ],
    ids=["nothing", "blanks", "a book"],
)
def test_what_is_no_message_is_refused(alice, text, error):
    request = asks(alice)
    with pytest.raises(error):
        conversation.write(request, text=text, by=alice.user, at=LATER)
    assert (said(request), mails("message_from_them")) == ([], [])


def test_a_person_writes_twenty_times_a_day_and_staff_as_often_as_they_need(alice, carol, monkeypatch):
    monkeypatch.setattr(conversation, "MOST_A_DAY", 2)
    request = asks(alice)
    for minute in range(2):
        conversation.write(request, text=WORDS, by=alice.user, at=LATER + minute * MINUTE)
    with pytest.raises(conversation.TooMany):
        conversation.write(request, text=WORDS, by=alice.user, at=LATER + timedelta(hours=23))
    conversation.write(request, text=ANSWER, by=carol.user, at=LATER + 3 * MINUTE)
    conversation.write(request, text=WORDS, by=alice.user, at=LATER + timedelta(hours=24))
    assert len(said(request)) == 4


@pytest.mark.parametrize("state", [State.EXECUTING, State.PARTLY_DONE, State.WITHDRAWN, State.JOINED, State.LAPSED])
def test_nobody_writes_about_what_is_over_or_being_erased(alice, carol, state):
    request = asks(alice)
    DataRequest.objects.filter(pk=request.pk).update(state=state)
    for by in (alice.user, carol.user):
        with pytest.raises(conversation.Closed):
            conversation.write(request, text=WORDS, by=by, at=LATER)
    assert said(request) == []


def test_an_erasure_takes_the_messages_and_leaves_everybody_elses(alice, bob, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(0)
    bobs = asks(bob)
    conversation.write(bobs, text="Is it done?", by=bob.user, at=NOON + MINUTE)
    copy, request = asks(alice, "access"), asks(alice)
    for each in (copy, request):
        conversation.write(each, text=WORDS, by=alice.user, at=NOON + MINUTE)
    erasure.execute(requests.approve(request, by="staff:3", at=LATER).pk, by="system:worker", at=LATER + MINUTE)
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    assert (said(request), said(copy), said(bobs)) == ([], [], [(False, "Is it done?")])


def test_a_message_is_never_without_words(alice):
    request = asks(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestMessage.objects.create(
            request=request, is_from_staff=True, written_by="staff:1", text=None, sent_at=NOON
        )


def test_every_template_is_filled_with_the_facts_and_fits_its_kinds(alice):
    request = asks(alice)
    fitting = conversation_templates.of(request)
    assert "corrected" not in [each.slug for each in fitting]
    assert "what-stays" in [each.slug for each in fitting]
    for each in fitting:
        text = each.filled(request)
        assert "{" not in text
        assert "!" not in text
    assert len({each.slug for each in conversation_templates.TEMPLATES}) == len(conversation_templates.TEMPLATES)
    received = next(each for each in fitting if each.slug == "received").filled(request)
    assert request.reference in received
    assert clock.day_of(request.due_at) in received


def test_a_colleague_who_writes_too_much_about_their_own_request_is_told_so(client, monkeypatch):
    monkeypatch.setattr(conversation, "MOST_A_DAY", 1)
    dora = colleague("dora")
    request = asks(dora, at=timezone.now())
    client.force_login(dora.user)
    for words in ("is on its page", "Write again tomorrow"):
        answer = client.post(f"/admin/privacy/datarequest/{request.pk}/write/", {"text": WORDS}, follow=True)
        assert (answer.status_code, words in answer.text) == (200, True)
    assert said(request) == [(False, WORDS)]
