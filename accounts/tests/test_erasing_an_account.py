"""Everything accounts and the apps in our house hold about Alice is declared, found and erased; Bob keeps his."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import DatabaseError, transaction

from accounts import addresses, demo, security
from accounts.models import Address, ApiToken, Session, User
from accounts.sessions import SessionStore
from accounts.tests.conftest import NOON, PASSWORD, Browser, make_user
from privacy.models import Certificate, DataRequest, Subject, SubjectLink
from privacy.register import registry, subjects
from privacy.rights import erasure, intake, order, requests

pytestmark = pytest.mark.django_db
OURS = [
    "accounts.Address",
    "accounts.ApiToken",
    "accounts.Session",
    "account.EmailAddress",
    "account.EmailConfirmation",
    "usersessions.UserSession",
    "mfa.Authenticator",
    "accounts.User",
]


@pytest.fixture
def lives(alice, bob, carol):
    """Alice and Bob, each with one row of everything an account can have."""
    for user in (alice, bob):
        addresses.add(
            user,
            addresses.Details(user.full_name, "1 Some Street", "", "New York", "NY", "10012", "US"),
            by=user,
            at=NOON,
        )
        security.issue_token(user, name="watch", by=user, at=NOON)
        Browser().sign_in(user.email)
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
        EmailConfirmation.objects.create(email_address=EmailAddress.objects.get(user=user), key=f"key-{user.pk}")
        LogEntry.objects.create(
            user=carol,
            content_type=ContentType.objects.get_for_model(User),
            object_id=str(user.pk),
            object_repr=str(user),
            action_flag=CHANGE,
            change_message=f"Corrected the telephone number of {user.full_name}.",
        )
    return alice, bob


def rows(label, user):
    return list(registry.of(label).rows(subjects.family(user.subject)))


@pytest.mark.parametrize("label", OURS)
def test_each_declaration_finds_one_row_of_alice_and_erases_only_hers(lives, label):
    alice, bob = lives
    assert len(rows(label, alice)) == len(rows(label, bob)) == 1
    assert rows(label, alice) != rows(label, bob)
    family, bobs = subjects.family(alice.subject), rows(label, bob)
    registry.of(label).rows(family).delete()
    assert registry.of(label).rows(family).count() == 0
    assert rows(label, bob) == bobs


def test_erased_in_the_order_of_the_register_nothing_of_alice_is_left(lives):
    alice, bob = lives
    family = subjects.family(alice.subject)
    for declaration in order.of_erasure():
        if declaration.model in OURS:
            assert declaration.rows(family).exists(), f"{declaration.model} was gone before its own step"
            declaration.rows(family).delete()

    assert not User.objects.filter(pk=alice.pk).exists()
    for model in (Address, ApiToken, Session, EmailAddress, UserSession, Authenticator):
        assert [row.user for row in model.objects.all() if row.user_id == bob.pk] == [bob], model
        assert not model.objects.filter(user_id=alice.pk).exists(), model


def entries(user):
    """What staff did to the account, as the register finds it for its owner."""
    return list(registry.of("admin.LogEntry").visible_rows(subjects.family(user.subject)))


def test_what_staff_did_to_an_account_is_theirs_and_visible_to_its_owner(lives, carol):
    alice, _ = lives
    history = registry.of("admin.LogEntry")
    assert rows("admin.LogEntry", alice) == []
    assert len(rows("admin.LogEntry", carol)) == 2
    assert entries(carol) == []

    [entry] = entries(alice)
    hers = registry.shown(history, entry, visible=True)
    assert hers["what was changed"] == "Corrected the telephone number of Alice Abernathy."
    carols = registry.shown(history, entry)
    assert carols["what was changed"] == carols["what it was about"] == registry.REDACTED
    assert str(carol) not in str(hers)


def test_erasing_a_customer_leaves_the_entry_to_its_author_without_a_word_about_them(lives, carol):
    alice, bob = lives
    bobs, alices = entries(bob), entries(alice)
    assert registry.of("admin.LogEntry").fade(subjects.family(alice.subject)) == 1

    [entry] = LogEntry.objects.filter(pk=alices[0].pk)
    assert (entry.user, entry.object_id, entry.object_repr, entry.change_message) == (carol, None, "", "")
    assert [(each.pk, each.object_repr, each.change_message) for each in entries(bob)] == [
        (each.pk, each.object_repr, each.change_message) for each in bobs
    ]
    assert entries(alice) == []


def test_a_copy_shows_what_helps_the_customer_and_no_secret(lives):
    alice, _ = lives
    shown = {label: registry.shown(registry.of(label), rows(label, alice)[0]) for label in OURS}
    assert shown["accounts.Address"]["address"] == "1 Some Street"
    assert shown["accounts.User"]["e-mail"] == "alice@example.com"
    everything = str(shown)
    assert alice.password not in everything
    assert Session.objects.get(user=alice).session_key not in everything
    assert ApiToken.objects.get(user=alice).digest not in everything
    assert "sealed" not in everything


@pytest.mark.parametrize("label", OURS)
def test_every_row_can_say_what_it_is(lives, label):
    alice, _ = lives
    declaration = registry.of(label)
    if declaration.describe is not None:
        assert declaration.describe(rows(label, alice)[0])


def test_a_sign_in_that_waits_for_a_second_factor_belongs_to_its_account(lives):
    alice, bob = lives
    Browser().sign_in(alice.email)  # stops at the second factor
    assert len(rows("accounts.Session", alice)) == 2
    assert len(rows("accounts.Session", bob)) == 1


def test_ending_an_account_in_the_middle_of_a_visit_is_no_error(lives):
    alice, _ = lives
    browser = Browser()
    browser.force_login(alice)
    User.objects.filter(pk=alice.pk).delete()
    assert browser.get("/account/").headers["Location"] == "/accounts/login/?next=/account/"


def test_an_erasure_that_is_asked_for_approved_and_carried_out(lives, carol, browser):
    alice, bob = lives
    request = requests.receive("erasure", subject=alice.subject, contact=alice.email, by=alice, at=NOON)
    request = requests.verify(request, evidence="reauthenticated", by=alice, at=NOON)
    request = requests.approve(request, by=carol, at=NOON)
    done = erasure.execute(request.pk, by="system:test", at=NOON + timedelta(days=4))

    assert (done.state, [step.blocker for step in done.steps.all() if step.blocker]) == ("completed", [])
    for label in OURS:
        assert registry.of(label).model_class()._base_manager.count() > 0, f"Bob's {label} is gone"
    assert not User.objects.filter(email="alice@example.com").exists()
    assert not EmailAddress.objects.filter(email="alice@example.com").exists()
    browser.sign_in("alice@example.com")
    assert browser.get("/account/").status_code == 302
    assert all(len(rows(label, bob)) == 1 for label in OURS)
    assert LogEntry.objects.filter(user=carol).count() == 2
    assert [entry.object_repr for entry in LogEntry.objects.exclude(object_repr="")] == [str(bob)]


def test_an_import_does_not_bring_the_erased_back(db, settings, tmp_path):
    settings.LOUPE_HOME, settings.LOUPE_ERASURE_GRACE = tmp_path, timedelta(hours=72)
    demo.load(at=NOON)
    alice = User.objects.get(email="alice@example.com")
    request = requests.receive("erasure", subject=alice.subject, contact=alice.email, by=alice, at=NOON)
    request = requests.verify(request, evidence="reauthenticated", by=alice, at=NOON)
    requests.approve(request, by="staff:3", at=NOON)
    assert erasure.execute(request.pk, by="system:test", at=NOON + timedelta(days=4)).state == "completed"

    demo.load(at=NOON + timedelta(days=5))

    assert not User.objects.filter(email="alice@example.com").exists()
    assert User.objects.filter(email="bob@example.com").exists()


def erased(user):
    request = requests.receive("erasure", subject=user.subject, contact=user.email, by=user, at=NOON)
    request = requests.verify(request, evidence="reauthenticated", by=user, at=NOON)
    requests.approve(request, by="staff:owner", at=NOON)
    return erasure.execute(request.pk, by="system:test", at=NOON + timedelta(days=4))


def test_a_person_who_is_also_staff_is_erased_as_a_customer_and_goes_on_working(carol, bob):
    carol.phone = "+12125550123"
    carol.save()
    person = carol.subject
    addresses.add(
        carol, addresses.Details("Carol Prewitt", "9 Token Row", "", "Rye", "NY", "10580", "US", ""), by=carol, at=NOON
    )
    Browser().sign_in(carol.email)
    LogEntry.objects.create(
        user=carol,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(bob.pk),
        object_repr=str(bob),
        action_flag=CHANGE,
    )

    before = User.objects.filter(pk=carol.pk).values().get()

    done = erased(carol)

    assert (done.state, [step.blocker for step in done.steps.all() if step.blocker]) == ("completed", [])
    assert not Address.objects.filter(user=carol).exists()
    carol.refresh_from_db()
    person.refresh_from_db()
    after = User.objects.filter(pk=carol.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"subject_id", "phone"}
    assert (person.is_erased, carol.subject.is_erased, carol.subject.is_restricted) == (True, False, False)
    assert subjects.family(carol.subject) == [carol.subject.pk]
    assert EmailAddress.objects.filter(user=carol, verified=True).count() == 1
    assert Session.objects.filter(user=carol).count() == LogEntry.objects.filter(user=carol).count() == 1
    retained = {part["what"]: (part["rows"], part["reason"]) for part in Certificate.objects.get().document["retained"]}
    words = "You work here: the account you work with, and what you did with it, stay until you leave."
    assert retained["Account"] == retained["E-mail addresses"] == retained["Admin history"] == (1, words)
    browser = Browser()
    browser.sign_in(carol.email)
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("by", ["row", "query", "superuser"])
def test_the_database_deletes_no_account_of_staff(carol, by):
    if by == "superuser":
        User.objects.filter(pk=carol.pk).update(is_staff=False, is_superuser=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.filter(pk=carol.pk).delete() if by == "query" else carol.delete()
    assert User.objects.filter(pk=carol.pk).exists()


def test_a_session_of_nobody_in_which_an_address_was_typed_goes_with_its_owner(alice, bob):
    def browser_with(typed):
        session = SessionStore()
        session["form"] = {"steps": [{"email": typed}], "seen": 3}
        session.save()
        return session.session_key

    keys = [browser_with(typed) for typed in ("Alice@Example.com", "bob@example.com", "somebody else")]
    assert [row.names != [] for row in Session.objects.filter(session_key__in=keys).order_by("pk")].count(True) == 2
    assert "alice" not in str(Session.objects.values_list("names", flat=True))

    assert erased(alice).state == "completed"

    assert set(Session.objects.values_list("session_key", flat=True)) == set(keys[1:])


def test_two_accounts_that_are_one_person_go_together(alice, bob):
    """A merged subject: the second account was joined to the first by proof."""
    second = make_user("alice.second@example.com", full_name="Alice Abernathy")
    SubjectLink.objects.create(child=second.subject, root=alice.subject, proof="link_clicked", at=NOON)
    done = erased(second)
    assert done.state == "completed"
    assert list(User.objects.all()) == [bob]
    assert {each.is_erased for each in Subject.objects.filter(pk__in=[alice.subject_id, second.subject_id])} == {True}


def test_an_address_that_two_people_typed_is_erased_for_its_owner_alone(alice, bob):
    """Mallory ordered as a guest with Alice's address; her unproven claim neither shows Alice's rows nor loses its own."""
    mallory = subjects.new(by="guest", at=NOON)
    subjects.identify(mallory, value="ALICE@example.com", by="guest", at=NOON)
    assert erased(alice).state == "completed"
    mallory.refresh_from_db()
    assert not mallory.is_erased
    assert mallory.identifiers.count() == 1


@pytest.mark.parametrize("spelling", ["ALICE@EXAMPLE.COM", "ａｌｉｃｅ@example.com", "alice@example.com"])
def test_a_request_by_any_spelling_of_the_address_erases_its_account(alice, bob, spelling):
    asked = intake.ask("erasure", address=spelling, at=NOON)
    intake.confirm(asked.pk, at=NOON)
    requests.approve(DataRequest.objects.get(pk=asked.pk), by="staff:owner", at=NOON)
    assert erasure.execute(asked.pk, by="system:test", at=NOON + timedelta(days=4)).state == "completed"
    assert list(User.objects.all()) == [bob]


def test_nothing_about_a_visitor_stays_in_the_cache_for_longer_than_a_day(alice, browser):
    """allauth's limits and the API's throttles keep times under keyed digests, and forget them by themselves."""
    browser.sign_in(alice.email, "wrong-password-entirely")
    browser.sign_in(alice.email)
    browser.post("/accounts/password/reset/", {"email": alice.email})
    browser.says_age()
    browser.post("/accounts/signup/", {"email": alice.email, "password1": PASSWORD})
    browser.post("/privacy/request/", {"kind": "erasure", "email": alice.email})
    browser.get("/api/v1/products/")
    redis = cache.client.get_client() if hasattr(cache.client, "get_client") else cache._cache.get_client()
    keys = list(redis.scan_iter("*", count=1000))
    mine = [key for key in keys if re.fullmatch(rb":\d+:[0-9a-f]{64}", key)]
    assert len(mine) >= 4
    for key in mine:
        assert 0 < redis.ttl(key) <= 86_400, key
        value = redis.get(key) if redis.type(key) == b"string" else b""
        assert [
            word for word in (b"alice", b"example.com", b"127.0.0.1") if word in key or word in (value or b"")
        ] == []
