"""One request at the desk: on whose desk it lies, what is written to its person, and a page that says all of it without a name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.models import AuditEvent, Disclosure
from privacy.rights import clock, conversation, intake, looks, requests
from privacy.rights.conversation_models import RequestMessage
from privacy.rights.models import DataRequest, ErasureStep, Kind, State, StepState
from privacy.tests.people import asks, mails, someone

pytestmark = pytest.mark.django_db
QUEUE = "/admin/privacy/datarequest/"
SECRET = "Ring-of-Alice"


def staff(name, role="privacy desk"):
    call_command("ensure_roles", verbosity=0)
    person = someone(name, is_staff=True)
    person.user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(person.user)
    client.number = f"staff:{person.user.pk}"
    return client


@pytest.fixture
def carol():
    return staff("carol")


@pytest.fixture
def asked(alice):
    return asks(alice, at=timezone.now())


def page_of(request, then="change/"):
    return f"{QUEUE}{request.pk}/{then}"


# Whose desk


def test_carol_takes_it_hands_it_over_and_puts_it_back(carol, asked):
    dora = staff("dora", "data protection officer")
    carol.post(page_of(asked, "take/"))
    asked.refresh_from_db()
    assert asked.assigned_to == carol.number
    carol.post(page_of(asked, "hand-over/"), {"to": dora.number})
    asked.refresh_from_db()
    assert asked.assigned_to == dora.number
    carol.post(page_of(asked, "hand-over/"), {"to": ""})
    asked.refresh_from_db()
    assert asked.assigned_to == ""
    trail = AuditEvent.objects.filter(object_ref=asked.reference, event="request.assigned").order_by("pk")
    assert [each.details["to"] for each in trail] == [carol.number, dora.number, ""]


def test_it_is_handed_to_nobody_who_may_not_decide(carol, asked):
    oscar = staff("oscar", "order desk")
    answer = carol.post(page_of(asked, "hand-over/"), {"to": oscar.number})
    asked.refresh_from_db()
    assert (answer.status_code, asked.assigned_to) == (200, "")


def test_the_queue_is_read_by_desk(carol, asked):
    dora, bob = staff("dora"), asks(someone("bob"), at=timezone.now())
    asks(someone("ida"), at=timezone.now())
    carol.post(page_of(asked, "take/"))
    dora.post(page_of(bob, "take/"))
    rows = {name: carol.get(f"{QUEUE}?desk={name}").context["cl"].queryset for name in ("mine", "others", "nobody")}
    assert {name: [row.assigned_to for row in found] for name, found in rows.items()} == {
        "mine": [carol.number],
        "others": [dora.number],
        "nobody": [""],
    }


def test_several_are_taken_at_once_but_nobody_takes_their_own(carol, asked):
    from django.contrib.auth import get_user_model

    now, herself = timezone.now(), get_user_model().objects.get(email="carol@example.com")
    own = requests.receive("erasure", subject=herself.subject, contact=herself.email, by=herself, at=now)
    chosen = {"action": "take_chosen", "_selected_action": [asked.pk, own.pk]}
    told = carol.post(QUEUE, chosen, follow=True).content.decode()
    assert "1 on your desk, 1 left where they were." in told
    assert dict(DataRequest.objects.values_list("pk", "assigned_to")) == {asked.pk: carol.number, own.pk: ""}


def test_a_request_chosen_by_what_is_no_key_is_asked_for_again(carol, asked):
    told = carol.post(QUEUE, {"action": "take_chosen", "_selected_action": ["1", asked.pk]}, follow=True)
    assert (told.status_code, "Choose the rows" in told.content.decode()) == (200, True)
    asked.refresh_from_db()
    assert asked.assigned_to == ""


def test_whoever_presses_second_on_the_page_they_opened_first_is_told(carol, asked):
    dora = staff("dora")
    opened = {
        name: client.get(page_of(asked, "take/")).context["form"].initial
        for name, client in (("carol", carol), ("dora", dora))
    }
    carol.post(page_of(asked, "take/"), opened["carol"])
    told = dora.post(page_of(asked, "take/"), opened["dora"])
    asked.refresh_from_db()
    assert (asked.assigned_to, "somebody else was first" in told.content.decode()) == (carol.number, True)
    chosen = {"action": "take_chosen", "_selected_action": [asked.pk]}
    assert "0 on your desk, 1 left where they were." in dora.post(QUEUE, chosen, follow=True).content.decode()
    asked.refresh_from_db()
    assert asked.assigned_to == carol.number
    dora.post(page_of(asked, "take/"), dora.get(page_of(asked, "take/")).context["form"].initial)
    asked.refresh_from_db()
    assert asked.assigned_to == dora.number, "who sees that a colleague has it may take it over"


def test_the_queue_shows_how_much_of_the_time_has_run(carol, alice, asked):
    bob = asks(someone("bob"), at=timezone.now())
    DataRequest.objects.filter(pk=asked.pk).update(escalated=80)
    DataRequest.objects.filter(pk=bob.pk).update(escalated=100)
    page = carol.get(f"{QUEUE}?used=50&o=-6")
    assert [row.pk for row in page.context["cl"].result_list] == [bob.pk, asked.pk]
    shown = page.content.decode()
    assert ('due--soon">four fifths of its time' in shown, 'due--late">all of its time' in shown) == (True, True)
    found = {share: carol.get(f"{QUEUE}?used={share}").context["cl"].result_count for share in ("50", "80", "100", "x")}
    assert found == {"50": 2, "80": 2, "100": 1, "x": 2}


def test_a_wish_is_named_by_its_question_and_a_moment_by_the_shops_own_clock(carol, alice):
    asked = asks(alice, "correction", wishes={"field": "my street", "value": "Foghorn Lane"}, at=timezone.now())
    shown = carol.post(page_of(asked, "reveal/"), {"reason": "They want it put right"}).content.decode()
    for words in ("What is wrong: my street", "What it should say: Foghorn Lane"):
        assert words in shown, words
    assert f"{clock.of_the_shop().local(asked.received_at):%-d %B %Y, %H:%M %Z}" in shown


def test_whoever_only_looks_takes_nothing(asked):
    auditor = staff("ada", "auditor")
    assert auditor.post(page_of(asked, "take/")).status_code == 403
    auditor.post(QUEUE, {"action": "take_chosen", "_selected_action": [asked.pk]})
    asked.refresh_from_db()
    assert asked.assigned_to == ""


# Messages


def test_a_template_is_a_beginning_and_goes_only_when_it_is_sent(carol, asked):
    page = carol.get(page_of(asked, "write/?template=received")).content.decode()
    assert f"We received your request {asked.reference}" in page
    assert RequestMessage.objects.count() == 0
    carol.post(page_of(asked, "write/"), {"text": f"{SECRET} stays until the parcel is there."})
    (message,) = conversation.of(asked)
    assert (message.is_from_staff, message.written_by) == (True, carol.number)
    (mail,) = mails("message_from_us")
    assert SECRET not in mail.payload["text"]


def test_what_the_person_wrote_is_read_by_opening_the_page_and_the_look_is_on_record(carol, alice, asked):
    conversation.write(asked, text=f"{SECRET}\n<b>now</b>", by=alice.user, at=timezone.now())
    assert SECRET not in carol.get(QUEUE).content.decode()
    page = carol.get(page_of(asked)).content.decode()
    assert f"{SECRET}<br>&lt;b&gt;now&lt;/b&gt;" in page
    assert RequestMessage.objects.unread().count() == 0
    look = AuditEvent.objects.filter(event=looks.SEEN, object_ref=asked.reference).latest("pk")
    assert "privacy.RequestMessage.text" in look.details["fields"]


def test_an_auditor_who_looks_does_not_answer_for_the_desk(alice, asked):
    conversation.write(asked, text=SECRET, by=alice.user, at=timezone.now())
    assert staff("ada", "auditor").get(page_of(asked)).status_code == 200
    assert RequestMessage.objects.unread().count() == 1


def test_nothing_is_written_about_what_has_ended(carol, asked):
    requests.withdraw(asked, by="customer", at=timezone.now())
    answer = carol.post(page_of(asked, "write/"), {"text": SECRET}, follow=True)
    assert b"nothing was changed" in answer.content
    assert RequestMessage.objects.count() == 0


@pytest.mark.promise("JE-128")
def test_a_link_that_leads_astray_is_told_by_the_form_and_answered_by_the_desk(carol):
    told = {"text": "Your page on sapphires leads to a site that asks for my card."}
    asked = intake.ask(Kind.QUESTION, address="mona@example.com", wishes=told, at=timezone.now())
    if asked.state == State.RECEIVED:
        asked = intake.confirm(asked.pk, at=timezone.now())
    assert asked.reference in carol.get(QUEUE).content.decode()
    revealed = carol.post(page_of(asked, "reveal/"), {"reason": "They tell of a link"}).content.decode()
    assert told["text"] in revealed
    carol.post(page_of(asked, "answer/"), {"text": "We took the link down. Thank you."})
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == (State.COMPLETED, "We took the link down. Thank you.")


# The page


def test_the_page_says_who_asks_without_a_name(carol, alice, asked):
    earlier = asks(alice, "access", at=timezone.now() - timedelta(days=3))
    page = carol.get(page_of(asked)).content.decode()
    for said in ("unknown: every law counts", earlier.reference, "nothing is restricted", "proved it once more"):
        assert said in page
    assert [word for word in alice.words if word in page] == []


def test_the_plan_is_a_tree_in_which_what_is_blocked_lies_open(carol, asked):
    step = ErasureStep.objects.filter(request=asked, planned__gt=0).first()
    ErasureStep.objects.filter(pk=step.pk).update(state=StepState.BLOCKED, blocker="A parcel is on its way.")
    DataRequest.objects.filter(pk=asked.pk).update(
        state=State.PARTLY_DONE, approved_at=timezone.now(), approved_by="staff:1"
    )
    answer = carol.get(page_of(asked))
    leaves = [leaf for branch in answer.context["plan"] for leaf in branch.leaves]
    shown = [each for each in asked.steps.all() if each.planned or each.kind == "check"]
    assert len(leaves) == len(shown)
    assert [leaf.title for leaf in leaves if leaf.is_open] == [step.label]
    assert (step.label, "A parcel is on its way.") in answer.context["in_the_way"]


def test_the_plan_names_companies_that_were_given_something_and_the_clocks_whose_they_are(carol, alice, asked):
    record = {"keys": ["full_name"], "purpose": "order", "host": "x.example", "actor": "test", "at": timezone.now()}
    Disclosure.objects.create(processor="ups", subject_id=alice.subject.pk, **record)
    answer = carol.get(page_of(asked))
    [companies] = [branch for branch in answer.context["plan"] if branch.title == "Companies that received it"]
    assert [leaf.title for leaf in companies.leaves] == ["UPS"]
    assert {row[2] for row in answer.context["clocks"]["rows"]} >= {"our privacy policy", "GDPR Art. 12(3)"}


def test_the_page_asks_as_many_questions_for_many_messages_and_requests(carol, alice, asked):
    carol.get(page_of(asked))
    counts = []
    for many in (1, 12):
        for number in range(many):
            conversation.write(asked, text=f"Message {number}", by=alice.user, at=timezone.now())
            earlier = requests.receive(
                "access", subject=alice.subject, contact=alice.email, by=alice.user, at=timezone.now()
            )
            requests.withdraw(earlier, by=alice.user, at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            carol.get(page_of(asked))
        counts.append(len(queries))
    assert counts[0] == counts[1]
