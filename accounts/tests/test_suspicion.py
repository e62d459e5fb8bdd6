"""Wrong passwords: noted, then the account is locked until its owner shows that it is them; and who hears of an attack."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import signing
from django.core.cache import cache

from accounts import roles, suspicion, tasks
from accounts.models import User
from accounts.tests.conftest import NOON, Browser, make_user
from privacy.ground import audit
from privacy.models import AuditEvent, Message
from privacy.rights import looks

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def guess(email, times, *, at=NOON):
    for number in range(times):
        suspicion.note_failure(email, at=at + number * MINUTE)


def mails(kind):
    return list(Message.objects.filter(kind=f"accounts.{kind}"))


def link_of(mailbox, email):
    [text] = [mail["text"] for mail in mailbox(email).mails if "unlock/?key=" in mail["text"]]
    return text.split("unlock/?key=")[1].split()[0]


@pytest.mark.promise("JE-109", "JE-27")
def test_wrong_passwords_typed_at_the_door_lock_the_account_and_its_owner_opens_it(alice, bob, mailbox):
    thief, session = Browser(), Browser()
    session.sign_in(alice.email)
    for _ in range(suspicion.TRIES):
        cache.clear()  # allauth's own brake, which a thief with many addresses and much time gets round
        assert thief.sign_in(alice.email, "guessed").status_code == 200
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.locked_at is not None, bob.locked_at) == (True, None)
    assert [each.kind for each in Message.objects.filter(subject_id=alice.subject_id)] == ["accounts.account_locked"]
    assert session.get("/account/").status_code == 200, "who is signed in stays signed in"

    owner = Browser()
    assert owner.sign_in(alice.email).headers["Location"] == "/account/locked/"
    assert owner.get("/account/").status_code == 302
    assert owner.get("/account/locked/").status_code == 200
    owner.post("/privacy/request/", {"kind": "access", "email": alice.email})
    assert mailbox(alice.email).kinds[-1] == "privacy.request_received", "rights wait for no lock"

    key = link_of(mailbox, alice.email)
    page = owner.get("/account/unlock/", {"key": key})
    assert (page.status_code, "Open the account again" in page.content.decode()) == (200, True)
    alice.refresh_from_db()
    assert alice.locked_at is not None, "looking opens nothing"
    assert owner.post("/account/unlock/", {"key": key}).headers["Location"] == "/accounts/login/"
    assert owner.sign_in(alice.email).headers["Location"] == "/account/"
    assert Browser().post("/account/unlock/", {"key": key}).status_code == 410
    events = AuditEvent.objects.filter(subject_id=alice.subject_id, event__in=[suspicion.LOCKED, suspicion.UNLOCKED])
    assert list(events.order_by("pk").values_list("event", flat=True)) == [suspicion.LOCKED, suspicion.UNLOCKED]
    assert not AuditEvent.objects.filter(subject_id=bob.subject_id, event__startswith="account.").exists()


@pytest.mark.promise("JE-109")
def test_a_new_password_opens_a_locked_account_too(alice, mailbox):
    guess(alice.email, suspicion.TRIES)
    browser = Browser()
    browser.post("/accounts/password/reset/", {"email": alice.email})
    form = browser.get(mailbox(alice.email).link, follow=True).request["PATH_INFO"]
    browser.post(form, {"password1": "four-pearls-in-a-box", "password2": "four-pearls-in-a-box"})
    assert User.objects.get(pk=alice.pk).locked_at is None
    assert browser.sign_in(alice.email, "four-pearls-in-a-box").headers["Location"] == "/account/"


@pytest.mark.promise("JE-109")
@pytest.mark.parametrize(
    ("moments", "locks"),
    [
        (range(suspicion.TRIES), True),
        (range(suspicion.TRIES - 1), False),
        (range(0, 9 * suspicion.TRIES, 9), False),  # one in nine minutes: seven within any hour
        ([0] * suspicion.TRIES, True),
    ],
)
def test_so_many_within_an_hour_lock(alice, moments, locks):
    for minutes in moments:
        suspicion.note_failure(alice.email.upper(), at=NOON + minutes * MINUTE)
    alice.refresh_from_db()
    assert (alice.locked_at is not None) is locks
    assert len(mails("account_locked")) == locks


def test_signing_in_and_opening_begin_the_count_anew(alice):
    guess(alice.email, suspicion.TRIES - 1)
    User.objects.filter(pk=alice.pk).update(last_login=NOON + 10 * MINUTE)
    guess(alice.email, suspicion.TRIES - 1, at=NOON + 11 * MINUTE)
    assert User.objects.get(pk=alice.pk).locked_at is None
    guess(alice.email, 1, at=NOON + 20 * MINUTE)
    locked = User.objects.get(pk=alice.pk)
    suspicion.unlock(locked, by=locked, at=NOON + 30 * MINUTE)
    guess(alice.email, suspicion.TRIES - 1, at=NOON + 31 * MINUTE)
    assert User.objects.get(pk=alice.pk).locked_at is None


def test_a_locked_account_fills_no_trail_and_an_unknown_address_leaves_none(alice):
    guess(alice.email, 3 * suspicion.TRIES)
    guess("nobody@example.com", suspicion.TRIES)
    guess("", 2)
    assert AuditEvent.objects.filter(event=suspicion.FAILED).count() == suspicion.TRIES
    assert len(mails("account_locked")) == 1


def test_the_right_password_of_a_locked_account_mails_one_link_in_ten_minutes(alice):
    guess(alice.email, suspicion.TRIES)
    locked = User.objects.get(pk=alice.pk)
    at = locked.locked_at
    assert not suspicion.offer_unlock(locked, at=at + timedelta(minutes=9))
    assert suspicion.offer_unlock(locked, at=at + timedelta(minutes=11))
    assert len(mails("account_locked")) == 2


@pytest.mark.parametrize(
    "offered",
    ["", "x", "a:b:c", pytest.param(signing.TimestampSigner(salt="other").sign_object([1, "x"]), id="of another page")],
)
def test_a_link_that_is_none_opens_nothing(alice, offered):
    guess(alice.email, suspicion.TRIES)
    assert Browser().post("/account/unlock/", {"key": offered}).status_code == 410
    assert User.objects.get(pk=alice.pk).locked_at is not None


def test_a_link_dies_with_its_lock(alice):
    guess(alice.email, suspicion.TRIES)
    locked = User.objects.get(pk=alice.pk)
    old = suspicion.key(locked)
    suspicion.unlock(locked, by=locked, at=NOON + 20 * MINUTE)
    guess(alice.email, suspicion.TRIES, at=NOON + 90 * MINUTE)
    with pytest.raises(suspicion.NotLocked):
        suspicion.opens(old)


@pytest.fixture
def watchers(db):
    """An officer, who is told; somebody at the order desk and an officer who left, who are not."""
    roles.ensure()
    made = {}
    for name, role in (("dagny", roles.OFFICER), ("otto", roles.ORDER_DESK), ("gone", roles.OFFICER)):
        made[name] = make_user(f"{name}@loupe.example", is_staff=True)
        made[name].groups.add(Group.objects.get(name=role))
    User.objects.filter(pk=made["gone"].pk).update(deactivated_at=NOON)
    return made


@pytest.mark.promise("JE-27")
def test_several_locks_within_an_hour_are_told_once_to_those_who_can_look(watchers):
    people = [make_user(f"customer{number}@example.com") for number in range(suspicion.MANY_LOCKS)]
    for person in people[:-1]:
        guess(person.email, suspicion.TRIES)
    at = NOON + 10 * MINUTE
    assert suspicion.watch(at=at) == 0
    guess(people[-1].email, suspicion.TRIES)
    assert (suspicion.watch(at=at), suspicion.watch(at=at + 5 * MINUTE)) == (1, 0)
    [told] = mails("attack_noticed")
    assert told.payload["to"] == "dagny@loupe.example"
    assert f"tried passwords: {suspicion.MANY_LOCKS}" in told.payload["text"]
    assert not any(person.email in told.payload["text"] for person in people)
    assert suspicion.watch(at=at + timedelta(hours=3)) == 0


@pytest.mark.promise("JE-27")
def test_somebody_who_reveals_too_much_is_told_of(watchers):
    looks.note_refusal(watchers["otto"], at=NOON)
    audit.append(looks.REVEALED, by=watchers["otto"], at=NOON)
    assert suspicion.watch(at=NOON + MINUTE) == 1
    [told] = mails("attack_noticed")
    assert "reveal more than one person may: 1" in told.payload["text"]


def test_the_timetable_watches(watchers):
    assert tasks.watch() == 0
