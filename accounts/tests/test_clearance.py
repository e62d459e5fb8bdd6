"""What stands before the desk: training, handling rules, and the day on which somebody's time there is over."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone
from django.utils.html import escape

from accounts import clearance, handling, roles, security, tasks
from accounts.models import Clearance, User
from accounts.tests.conftest import NOON, Browser, make_user
from privacy.models import AuditEvent

pytestmark = pytest.mark.django_db
PAGE = "/admin/clearance/"
RIGHT = {question.slug: question.right for question in handling.QUESTIONS}
YEAR = clearance.TRAINING_COUNTS


@pytest.fixture
def gate(settings):
    settings.LOUPE_STAFF_CLEARANCE = True


@pytest.fixture
def owner(db):
    roles.ensure()
    olive = make_user("olive@loupe.example", is_staff=True)
    olive.groups.add(Group.objects.get(name=roles.OWNER))
    browser = Browser()
    browser.force_login(olive)
    browser.user = olive
    return browser


def at_the_desk(user):
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.mark.promise("JH-29")
def test_the_desk_opens_to_whoever_passed_the_training_and_keeps_to_the_rules(gate, carol, bob):
    desk = at_the_desk(carol)
    assert desk.get("/admin/").headers["Location"] == PAGE
    assert desk.get("/admin/accounts/user/").headers["Location"] == PAGE
    page = desk.get(PAGE).content.decode()
    assert all(escape(question.asks) in page for question in handling.QUESTIONS)
    assert handling.RULES[0] not in page
    assert desk.post(PAGE, RIGHT).headers["Location"] == PAGE
    assert desk.get("/admin/").headers["Location"] == PAGE
    page = desk.get(PAGE).content.decode()
    assert all(escape(rule) in page for rule in handling.RULES)
    assert desk.post(PAGE, {"agrees": "on", "digest": handling.RULES_DIGEST}).headers["Location"] == "/admin/"
    assert desk.get("/admin/").status_code == 200
    assert desk.get(PAGE).status_code == 200
    trail = AuditEvent.objects.filter(event__startswith="staff.").order_by("pk")
    assert [(each.event, each.actor) for each in trail] == [
        ("staff.trained", f"staff:{carol.pk}"),
        ("staff.rules_accepted", f"staff:{carol.pk}"),
    ]
    assert Clearance.objects.filter(user=carol).count() == Clearance.objects.count() == 2
    assert at_the_desk(bob).get("/account/").status_code == 200


@pytest.mark.promise("JH-29")
def test_a_wrong_answer_is_explained_and_opens_nothing(gate, carol):
    desk = at_the_desk(carol)
    for question in handling.QUESTIONS:
        answer = desk.post(PAGE, {**RIGHT, question.slug: (question.right + 1) % len(question.answers)})
        assert answer.status_code == 400
        said = answer.content.decode()
        assert [each.slug for each in handling.QUESTIONS if escape(each.because) in said] == [question.slug]
    for typed in ({}, {**RIGHT, "caller": "x"}, {**RIGHT, "caller": "99"}, {"caller": RIGHT["caller"]}):
        assert desk.post(PAGE, typed).status_code == 400
    assert not Clearance.objects.exists()
    assert desk.get("/admin/").headers["Location"] == PAGE


@pytest.mark.promise("JH-29")
def test_other_words_and_a_year_ask_again(carol, monkeypatch):
    clearance.train(carol, RIGHT, by=carol, at=NOON)
    clearance.accept(carol, digest=handling.RULES_DIGEST, by=carol, at=NOON)
    assert clearance.missing(carol, at=NOON - timedelta(seconds=1)) == ["training", "rules"]
    assert clearance.missing(carol, at=NOON + YEAR - timedelta(seconds=1)) == []
    assert clearance.missing(carol, at=NOON + YEAR) == ["training"]
    monkeypatch.setattr(clearance, "CURRENT", {**clearance.CURRENT, "rules": "the digest of other words"})
    assert clearance.missing(carol, at=NOON) == ["rules"]


def test_rules_that_changed_while_they_were_read_are_read_again(gate, carol):
    clearance.train(carol, RIGHT, by=carol, at=timezone.now())
    desk = at_the_desk(carol)
    answer = desk.post(PAGE, {"agrees": "on", "digest": "of words from before"})
    assert (answer.status_code, "Read them again" in answer.content.decode()) == (400, True)
    assert desk.post(PAGE, {"digest": handling.RULES_DIGEST}).status_code == 400
    assert clearance.missing(carol, at=timezone.now()) == ["rules"]


def test_the_digest_stands_for_every_word():
    assert len(handling.RULES_DIGEST) == len(handling.TRAINING_DIGEST) == 64
    assert handling._digest([*handling.RULES[:-1], f"{handling.RULES[-1]} "]) != handling.RULES_DIGEST
    assert handling._digest(json.loads(json.dumps(handling.RULES))) == handling.RULES_DIGEST
    assert all(0 <= question.right < len(question.answers) for question in handling.QUESTIONS)
    assert len({question.slug for question in handling.QUESTIONS}) == len(handling.QUESTIONS)


def test_a_clearance_stays_as_it_was_given(carol):
    given = clearance.train(carol, RIGHT, by=carol, at=NOON)
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        Clearance.objects.filter(pk=given.pk).update(given_at=NOON + YEAR)


def test_the_demo_asks_for_no_clearance_until_it_is_switched_on(carol):
    assert at_the_desk(carol).get("/admin/").status_code == 200


def test_customers_and_strangers_see_nothing_of_the_page(gate, alice):
    assert at_the_desk(alice).get(PAGE, follow=True).status_code == 403
    assert Browser().get(PAGE).status_code == 302
    assert at_the_desk(alice).post(PAGE, RIGHT, follow=True).status_code == 403
    assert not Clearance.objects.exists()


def test_a_contractor_is_out_at_the_moment_that_was_set(carol, alice):
    desk, now = at_the_desk(carol), timezone.now()
    User.objects.filter(pk=carol.pk).update(access_until=now + timedelta(hours=1))
    assert desk.get("/admin/").status_code == 200
    User.objects.filter(pk=carol.pk).update(access_until=now)
    answer = desk.get("/admin/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")
    assert "The time of this account is over" in desk.get("/accounts/login/").content.decode()
    carol.refresh_from_db()
    assert (carol.is_active, carol.sessions.count()) == (False, 0)
    assert desk.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    assert desk.sign_in(carol.email).headers["Location"] == "/accounts/inactive/"
    alice.refresh_from_db()
    assert alice.is_active


def test_the_timetable_locks_them_out_who_do_not_come_back(carol, bob):
    User.objects.filter(pk=carol.pk).update(access_until=timezone.now() + timedelta(hours=1))
    assert tasks.end_contracts() == 0
    User.objects.filter(pk=carol.pk).update(access_until=timezone.now())
    assert (tasks.end_contracts(), tasks.end_contracts()) == (1, 0)
    carol.refresh_from_db()
    bob.refresh_from_db()
    assert (carol.is_active, bob.is_active) == (False, True)
    assert AuditEvent.objects.get(event="account.deactivated").actor == "system:contracts"


def test_the_owner_gives_an_end_and_nobody_gives_themselves_more_time(owner, carol):
    role = Group.objects.get(name=roles.AUDITOR)
    typed = {"is_staff": "on", "groups": [role.pk], "access_until_0": "2026-12-24", "access_until_1": "18:00:00"}
    assert owner.post(f"/admin/accounts/user/{carol.pk}/change/", typed).status_code == 302
    carol.refresh_from_db()
    six_in_los_angeles = "2026-12-25T02:00:00+00:00"
    assert (carol.access_until.isoformat(), list(carol.groups.all())) == (six_in_los_angeles, [role])
    event = AuditEvent.objects.get(event="staff.access_changed")
    assert (event.actor, event.object_ref, event.details) == (
        f"staff:{owner.user.pk}",
        f"accounts.User:{carol.pk}",
        {"changed": ["groups", "access_until"]},
    )
    owner.post(f"/admin/accounts/user/{owner.user.pk}/change/", typed)
    owner.user.refresh_from_db()
    assert (owner.user.access_until, owner.user.groups.get().name) == (None, roles.OWNER)


def test_who_leaves_the_desk_leaves_the_end_behind(owner, carol):
    User.objects.filter(pk=carol.pk).update(access_until=NOON)
    answer = owner.post(
        f"/admin/accounts/user/{carol.pk}/change/", {"access_until_0": "2026-12-24", "access_until_1": "18:00"}
    )
    carol.refresh_from_db()
    assert (answer.status_code, carol.is_staff, carol.access_until) == (302, False, None)
    with pytest.raises(IntegrityError, match="user_only_staff_works_until"), transaction.atomic():
        User.objects.filter(pk=carol.pk).update(access_until=NOON)


def test_an_account_whose_time_is_over_opens_only_with_another_end(owner, carol):
    User.objects.filter(pk=carol.pk).update(access_until=timezone.now())
    security.end_contracts(by="system:contracts", at=timezone.now())
    chosen = {"action": "reactivate", "_selected_action": [carol.pk]}
    said = owner.post("/admin/accounts/user/", chosen, follow=True).content.decode()
    assert "1 were to work here until a day that is over" in said
    assert not User.objects.get(pk=carol.pk).is_active
    User.objects.filter(pk=carol.pk).update(access_until=timezone.now() + timedelta(days=1))
    owner.post("/admin/accounts/user/", chosen)
    assert User.objects.get(pk=carol.pk).is_active
