"""Every right on every channel: the form, mails, telephone and letters, agents. The same clocks, and nobody in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from privacy.forms.intake import AskForm
from privacy.forms.own import OwnWishForm
from privacy.ground import uploads
from privacy.models import Agent, Attachment, ConsentState, IdentityCheck, Message, Subject
from privacy.register import subjects
from privacy.rights import acts, agents, attachments, identity, intake, kinds, links, requests
from privacy.rights.kinds import Kind, Proof
from privacy.rights.models import DataRequest, State
from privacy.tests.people import NOON, asks, held, mails, someone
from privacy.views import asking

pytestmark = pytest.mark.django_db
GWEN, ADA = "gwen@example.com", "ada@attorney.example"
DAY = timedelta(days=1)
CAROL = "staff:3"
FOR_GUESTS = [rule.kind for rule in kinds.KINDS.values() if rule.is_for_guests]
SOME = [
    kind if kind in (Kind.ERASURE, Kind.OPT_OUT) else pytest.param(kind, marks=pytest.mark.prove) for kind in FOR_GUESTS
]  # the others in the long proofs
WISHES = {
    "about": "LP-7F3K-92QD", "field": "name", "value": "Gwen Garnet", "purpose": "marketing", "matter": "", "ground": "accuracy",
    "text": "As I said on the telephone.",
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    cache.clear()


def visitor():
    return Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})


def permission(content=b"%PDF-1.7 I, Gwen, send Ada.", name="permission.pdf"):
    return SimpleUploadedFile(name, content)


def sends(kind, *, address=GWEN, at=NOON, name="Ada Attorney"):
    return agents.ask(kind, address=address, mandate=agents.Mandate(name, ADA, permission()), at=at)


def checks(request):
    return [(each.method, each.passed) for each in identity.evidence_of(request)]


def telephones(kind, *, received_at=NOON - DAY, address=GWEN, channel="phone", wishes=None):
    return intake.by_staff(
        kind, address=address, channel=channel, wishes=wishes, received_at=received_at, by=CAROL, at=NOON
    )


def writes(kind, *, address=GWEN, received_at=NOON - DAY, wishes=None, is_proven=False):
    stranger = subjects.new(by="test", at=NOON)
    subjects.identify(stranger, value=address, by="test", at=NOON)
    return intake.by_mail(
        kind, address=address, stranger=stranger, is_proven=is_proven, wishes=wishes, received_at=received_at, at=NOON
    )


# The form


def test_the_page_offers_everything_a_guest_can_ask_for_and_each_has_its_form():
    page = visitor().get("/privacy/request/").content.decode()
    offered = [kind for _, shelf in asking.SHELVES for kind in shelf]
    assert sorted(offered) == sorted(FOR_GUESTS)
    assert [kind for kind in offered if f'href="/privacy/request/{kind.value}/"' not in page] == []
    answers = {kind: visitor().get(f"/privacy/request/{kind.value}/") for kind in offered}
    assert {kind for kind, answer in answers.items() if answer.status_code != 200 or answer.cookies} == set()


@pytest.mark.parametrize("kind", FOR_GUESTS, ids=str)
def test_a_guest_asks_for_each_kind_and_only_what_needs_no_proof_counts_at_once(kind):
    rule = kinds.rule(kind)
    answer = visitor().post(f"/privacy/request/{kind.value}/", {"email": " Gwen@Example.com", **WISHES})
    request = DataRequest.objects.get()
    wanted = {name: WISHES[name] for name in rule.asks if WISHES[name]}
    assert (request.kind, request.channel, request.contact, request.wishes) == (kind, "form", GWEN, wanted or None)
    if rule.proof is Proof.NOTHING:
        assert (answer["Location"], request.state) == ("/privacy/request/taken/", State.VERIFIED)
        assert checks(request) == [("not_asked", True)]
    else:
        assert (answer["Location"], request.state) == ("/privacy/request/asked/", State.RECEIVED)
        assert [mail.kind for mail in mails()] == ["privacy.request_received"]


@pytest.mark.parametrize(
    ("kind", "name", "said"), [(Kind.OBJECTION, "purpose", "marketing"), (Kind.RESTRICTION, "ground", "asked")], ids=str
)
def test_whoever_chooses_nothing_has_said_nothing_particular(kind, name, said, alice):
    """The first choice is what a browser sends where nobody chose: marketing, and no reason of the law's."""
    assert AskForm(kind=kind).fields[name].choices[0][0] == said
    assert f'value="{said}"' in visitor().get(f"/privacy/request/{kind}/").content.decode().partition("<option")[2][:60]
    own = OwnWishForm(kind, alice.subject).fields[name]
    assert (own.initial or own.choices[0][0]) == said


@pytest.mark.parametrize("path", ["deactivation/", "marketing/", "agent/deactivation/", "agent/x/"])
def test_what_no_guest_can_ask_for_is_no_page(path):
    assert visitor().get(f"/privacy/request/{path}").status_code == 404


@pytest.mark.parametrize("kind", [each for _, shelf in asking.SHELVES for each in shelf], ids=str)
def test_everything_offered_has_its_form_for_a_guest_and_for_an_agent(kind):
    assert [visitor().get(f"/privacy/request/{who}{kind}/").status_code for who in ("", "agent/")] == [200, 200]


def test_an_opt_out_asks_for_an_address_and_nothing_else():
    for kind in (Kind.OPT_OUT, Kind.LIMIT):
        assert [*AskForm(kind=kind).fields] == ["email"]


def test_the_letters_come_in_the_language_chosen_on_the_form_and_it_begins_with_the_browsers():
    german = Client(headers={"accept-language": "fr-CA, de-CH;q=0.9, en;q=0.8", "Sec-Fetch-Site": "same-origin"})
    page = "/privacy/request/erasure/"
    chosen = '<option value="{}" selected>'
    assert chosen.format("de") in german.get(page).content.decode()
    assert chosen.format("en") in visitor().get(page).content.decode()
    german.post(page, {"email": GWEN, "language": "de"})
    german.post(page, {"email": "ada@example.com", "language": "en"})
    assert {mail.payload["to"]: mail.payload["text"].split()[0] for mail in mails()} == {
        GWEN: "Waren",
        "ada@example.com": "Was",
    }
    assert german.post(page, {"email": GWEN, "language": "tlh"}).status_code == 400
    assert {each.contact: each.language for each in DataRequest.objects.all()} == {GWEN: "de", "ada@example.com": "en"}


def test_a_question_without_words_is_answered_beside_the_field():
    answer = visitor().post("/privacy/request/question/", {"email": GWEN, "text": "  "})
    assert (answer.status_code, DataRequest.objects.count()) == (400, 0)
    assert "field__error" in answer.content.decode()


def test_what_is_asked_for_a_stranger_reaches_no_row_of_whoever_is_named(alice):
    before = held(alice)
    for kind in (Kind.ACCESS, Kind.CORRECTION, Kind.OPT_OUT, Kind.QUESTION):
        intake.ask(kind, address=alice.email, wishes={"text": "Mallory"}, at=NOON)
    assert held(alice) == before
    assert DataRequest.objects.of(subjects.family(alice.subject)).count() == 0


def test_an_opt_out_by_address_holds_for_everybody_on_whom_it_was_typed_and_not_for_bob(alice):
    bob = someone("bob")
    request = intake.ask("opt_out", address=alice.email, at=NOON)
    acts.carry_out(request.pk, by="system:worker", at=NOON)
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    said = ConsentState.objects.filter(is_granted=False).values_list("subject_id", flat=True)
    assert (alice.subject.pk in said, bob.subject.pk in said) == (True, False)


# How often


def test_typing_bobs_address_for_one_kind_does_not_stand_in_his_way_for_another():
    for number in range(7):
        intake.ask("question", address=GWEN, wishes={"text": f"Mallory {number}"}, at=NOON)
    assert DataRequest.objects.filter(kind="question").count() == 5
    assert intake.ask("question", address=GWEN, wishes={"text": "hers"}, at=NOON) is None
    assert intake.ask("access", address=GWEN, at=NOON).state == State.RECEIVED
    assert intake.ask("question", address=GWEN, wishes={"text": "hers"}, at=NOON + DAY) is not None


@pytest.mark.parametrize("number", [5, pytest.param(1000, marks=pytest.mark.prove)])
def test_a_thousand_from_one_address_are_one_request_and_three_mails(number):
    found = {intake.ask("erasure", address=GWEN, at=NOON + timedelta(seconds=each)).pk for each in range(number)}
    assert (len(found), DataRequest.objects.count(), len(mails("request_received"))) == (1, 1, 3)
    assert Subject.objects.count() == 1
    assert intake.confirm(found.pop(), at=NOON + DAY).state == State.VERIFIED, "her own link still works"


def test_what_mallory_left_waiting_does_not_stand_in_the_way_of_whoever_signs_in(alice):
    waiting = intake.ask("erasure", address=alice.email, at=NOON)
    mine = asks(alice)
    assert (mine.state, mine == waiting) == (State.VERIFIED, False)
    standing = intake.confirm(waiting.pk, at=NOON)
    waiting.refresh_from_db()
    assert (standing, waiting.state) == (mine, State.JOINED)


def test_two_wishes_of_a_kind_stand_side_by_side_and_the_same_is_asked_again():
    first = intake.ask("correction", address=GWEN, wishes={"field": "name", "value": "Gwen"}, at=NOON)
    again = intake.ask("correction", address=GWEN, wishes={"field": "name", "value": "Gwen"}, at=NOON)
    other = intake.ask("correction", address=GWEN, wishes={"field": "city", "value": "Bonn"}, at=NOON)
    assert (first == again, first == other) == (True, False)


# Telephone and letters


@pytest.mark.parametrize("channel", ["phone", "post"])
def test_the_clocks_run_from_the_call_and_not_from_its_entry(channel):
    request = telephones("erasure", channel=channel, received_at=NOON - 20 * DAY)
    asked = intake.ask("erasure", address="other@example.com", at=NOON - 20 * DAY)
    assert (request.channel, request.received_at, request.due_at) == (channel, NOON - 20 * DAY, asked.due_at)
    assert request.derivation == asked.derivation
    assert (request.state, GWEN in [mail.payload["to"] for mail in mails("request_received")]) == (
        State.RECEIVED,
        True,
    )


@pytest.mark.parametrize("received_at", [NOON + timedelta(seconds=1), NOON - 91 * DAY], ids=["to come", "last winter"])
def test_a_letter_from_tomorrow_or_last_winter_is_refused_and_nothing_is_kept(received_at):
    with pytest.raises(requests.ReceiptImpossible):
        telephones("access", received_at=received_at)
    assert (DataRequest.objects.count(), Subject.objects.count(), mails()) == (0, 0, [])


def test_an_opt_out_on_the_telephone_counts_at_once():
    request = telephones("opt_out")
    assert (request.state, checks(request)) == (State.VERIFIED, [("not_asked", True)])


def test_what_was_asked_by_form_and_again_on_the_telephone_is_one_request():
    first = intake.ask("erasure", address=GWEN, at=NOON - 2 * DAY)
    assert telephones("erasure") == first
    assert first.received_at == NOON - 2 * DAY


def test_a_letter_that_lay_before_the_form_was_sent_sets_the_clocks_back_and_is_the_same_request():
    first = intake.ask("erasure", address=GWEN, at=NOON - 2 * DAY)
    alone = telephones("erasure", received_at=NOON - 9 * DAY, channel="post", address="other@example.com")
    assert telephones("erasure", received_at=NOON - 9 * DAY, channel="post") == first
    first.refresh_from_db()
    assert (first.received_at, first.entered_at, first.due_at) == (NOON - 9 * DAY, NOON, alone.due_at)
    assert (first.first_reply_due_at, first.derivation) == (alone.first_reply_due_at, alone.derivation)


def test_what_is_joined_counts_from_whichever_reached_us_first(alice):
    typed = intake.ask("erasure", address=alice.email, at=NOON - 3 * DAY)
    mine = asks(alice)
    assert mine.received_at == NOON
    intake.confirm(typed.pk, at=NOON)
    mine.refresh_from_db()
    assert (mine.received_at, mine.due_at) == (NOON - 3 * DAY, typed.due_at)


@pytest.mark.parametrize("kind", SOME, ids=str)
@pytest.mark.promise("JE-02")
def test_every_channel_counts_from_receipt_alike(kind):
    received, wishes = NOON - DAY, {"text": "The same"}
    every = [
        intake.ask(kind, address="form@example.com", wishes=wishes, at=received),
        writes(kind, address="mail@example.com", wishes=wishes, received_at=received),
        telephones(kind, address="phone@example.com", wishes=wishes, received_at=received),
        telephones(kind, address="post@example.com", channel="post", wishes=wishes, received_at=received),
        sends(kind, address="agent@example.com", at=received),
    ]
    assert [each.channel for each in every] == ["form", "mail", "phone", "post", "agent"]
    assert {(each.received_at, each.due_at, each.first_reply_due_at) for each in every} == {
        (received, every[0].due_at, every[0].first_reply_due_at)
    }


# Agents


def test_the_person_is_asked_before_anything_happens_and_hears_the_answer_herself():
    request = sends("access")
    assert (request.state, request.contact, checks(request)) == (State.RECEIVED, GWEN, [("agent_permission", True)])
    to = {mail.kind: mail.payload["to"] for mail in mails()}
    assert to == {"privacy.agent_asks": GWEN, "privacy.agent_received": ADA}
    standing = intake.confirm(request.pk, at=NOON)
    assert (standing.state, Agent.objects.get().confirmed_at) == (State.VERIFIED, NOON)
    assert ("agent_confirmed", True) in checks(request)
    verified = mails("request_verified")
    assert [mail.payload["to"] for mail in verified] == [GWEN]


@pytest.mark.parametrize("kind", ["opt_out", "limit"])
def test_an_agent_who_opts_out_needs_the_permission_and_nobody_is_asked(kind):
    request = sends(kind)
    assert request.state == State.VERIFIED
    assert checks(request) == [("not_asked", True), ("agent_permission", True)]
    assert not mails("agent_asks")


def test_the_person_can_say_that_she_sent_nobody():
    request = sends("erasure")
    page = links.path(request, links.Use.CONFIRM)
    shown = visitor().get(page).content.decode()
    assert ("Ada Attorney" in shown, ADA in shown) == (True, False)
    assert visitor().post(page, {"disown": "1"}).status_code == 200
    request.refresh_from_db()
    assert (request.state, Agent.objects.get().confirmed_at) == (State.WITHDRAWN, None)
    assert visitor().post(page).status_code == 410, "a button pressed later makes nothing of it"
    assert not IdentityCheck.objects.filter(method="link_clicked").exists()


def test_the_same_agent_asking_again_waits_with_the_first_and_another_does_not_ride_on_her_own(alice):
    own = intake.ask("erasure", address=GWEN, at=NOON)
    first = sends("erasure")
    assert (sends("erasure") == first, first == own, agents.of(own)) == (True, False, None)
    assert [sends("erasure") == first for _ in range(4)] == [True] * 4
    assert (len(mails("agent_asks")), len(mails("agent_received"))) == (3, 1)


def test_an_agent_reaches_no_row_of_whom_they_name(alice):
    bob = someone("bob")
    before = [held(alice), held(bob)]
    sends("erasure", address=alice.email)
    assert [held(alice), held(bob)] == before


def test_an_agent_asks_on_a_page_of_their_own():
    typed = {"email": GWEN, "agent_name": " Ada  Attorney ", "agent_email": "ADA@attorney.example"}
    answer = visitor().post("/privacy/request/agent/erasure/", {**typed, "permission": permission()})
    assert answer["Location"] == "/privacy/request/agent/asked/"
    agent = Agent.objects.get()
    assert (agent.name, agent.email, agent.request.contact) == ("Ada Attorney", ADA, GWEN)
    kept = Attachment.objects.get()
    assert (kept.kind, kept.content_type, kept.request) == ("permission", "application/pdf", agent.request)


@pytest.mark.parametrize(
    "wrong",
    [
        {"permission": None},
        {"permission": (b"", "empty.pdf")},
        {"permission": (b"MZ\x90", "permission.pdf")},
        {"permission": (b"%PDF-" + b"x" * attachments.LARGEST, "large.pdf")},
        {"agent_name": "Win at https://evil.example"},
        {"agent_name": "Call 0800555123"},
        {"agent_name": "evil.example"},
        {"agent_name": "a@b"},
        {"agent_name": "A\u202eB"},
        {"agent_name": ""},
        {"agent_email": "nobody"},
        {"email": "nobody"},
    ],
    ids=["none", "empty", "program", "large", "link", "number", "host", "address", "reversed", "blank", "agent", "person"],
)  # fmt: skip
def test_what_does_not_fit_is_told_beside_the_field_and_nothing_is_half_done(wrong):
    typed = {"email": GWEN, "agent_name": "Ada", "agent_email": ADA, "permission": permission()} | wrong
    if isinstance(typed["permission"], tuple):
        typed["permission"] = permission(*typed["permission"])
    typed = {name: value for name, value in typed.items() if value is not None}
    answer = visitor().post("/privacy/request/agent/erasure/", typed)
    assert (answer.status_code, "field__error" in answer.content.decode()) == (400, True)
    assert (DataRequest.objects.count(), Attachment.objects.count(), Subject.objects.count(), mails()) == (0, 0, 0, [])
    assert list(attachments.folder().iterdir()) == []


def test_a_room_refuses_a_wrong_file_too():
    mandate = agents.Mandate("Ada", ADA, permission(b"MZ"))
    with pytest.raises(uploads.NotAccepted):
        agents.ask("erasure", address=GWEN, mandate=mandate, at=NOON)
    assert not DataRequest.objects.exists()


def test_the_mail_to_the_agent_tells_nothing_of_the_person():
    sends("access")
    (mail,) = Message.objects.filter(kind="privacy.agent_received")
    assert (mail.subject, [word for word in (GWEN, "gwen") if word in str(mail.payload).lower()]) == (None, [])
