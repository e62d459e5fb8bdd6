"""Everything accounts and the apps in our house hold about Alice is declared, found and erased; Bob keeps his."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from accounts import addresses, demo, security
from accounts.models import Address, ApiToken, Session, User
from accounts.tests.conftest import NOON, Browser
from privacy.register import registry, subjects
from privacy.rights import erasure, requests

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
    for declaration in registry.in_order_of_erasure():
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
    assert hers["change message"] == "Corrected the telephone number of Alice Abernathy."
    carols = registry.shown(history, entry)
    assert carols["change message"] == carols["object repr"] == registry.REDACTED
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
