"""Roles and the door of the admin: permissions decide, and a second factor stands before the desk where it must."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone

from accounts import demo, roles
from accounts.models import User
from accounts.tests.conftest import NOON, PASSWORD, Browser, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desks():
    """One browser for each role."""
    roles.ensure()
    browsers = {}
    for role in roles.GRANTS:
        clerk = make_user(f"{role.replace(' ', '-')}@loupe.example", is_staff=True)
        clerk.groups.add(Group.objects.get(name=role))
        browsers[role] = Browser()
        browsers[role].force_login(clerk)
    return browsers


def test_every_grant_matches_a_permission():
    assert roles.ensure() == []


def test_ensuring_roles_twice_changes_nothing_and_takes_back_what_was_added():
    roles.ensure()
    before = {group.name: set(group.permissions.all()) for group in Group.objects.all()}
    extra = Group.objects.get(name=roles.OWNER).permissions.first()
    Group.objects.get(name=roles.PRIVACY_DESK).permissions.add(extra)
    roles.ensure()
    assert {group.name: set(group.permissions.all()) for group in Group.objects.all()} == before
    assert set(before) == {
        "order desk",
        "privacy desk",
        "data protection officer",
        "catalogue",
        "auditor",
        "owner",
    }


def test_the_command_says_which_grant_matches_nothing(capsys, monkeypatch):
    monkeypatch.setitem(roles.GRANTS, roles.CATALOGUE, ("shop.view_*", "shop.polish_product"))
    call_command("ensure_roles")
    printed = capsys.readouterr()
    assert printed.err.strip() == "catalogue: no permission matches shop.polish_product"
    assert printed.out.strip() == f"Roles ready: {', '.join(roles.ROLES)}."


@pytest.mark.parametrize("line", ["shop.view_*  x . .", "shop.view_*  x . . . . yes", "shop.view_*  x . . . . x x"])
def test_a_line_of_the_table_says_yes_or_no_for_each_role(line):
    with pytest.raises(roles.NotATable, match=r"shop\.view_"):
        roles.read(f"what\n-----\n{line}\n")
    assert roles.read("what\n-----\nshop.view_*  . . . x . .\n")[roles.CATALOGUE] == ("shop.view_*",)


@pytest.mark.promise("JS-32", "JE-103", "SG-11", "JH-28")
def test_an_auditor_reads_and_does_nothing():
    """Every permission of theirs is to look: no verb, no purpose but that of the evidence, no reveal."""
    roles.ensure()
    granted = Group.objects.get(name=roles.AUDITOR).permissions.values_list("codename", flat=True)
    assert {name for name in granted if not name.startswith("view_")} == {"see_rights", "see_security"}


@pytest.mark.promise("JS-32", "JE-103", "SG-11", "JH-28")
def test_desks_do_not_look_into_each_others_drawers(desks):
    def labels(role):
        return {
            permission.partition(".")[0]
            for permission in User.objects.get(groups__name=role).get_all_permissions()
            if not permission.startswith("privacy.see_")  # says what is read without a mask; opens no page
        }

    assert labels(roles.CATALOGUE) == {"shop", "privacy"}  # of which they write newsletters, and see nothing else
    assert labels(roles.ORDER_DESK) == {"orders", "shop"}
    assert labels(roles.PRIVACY_DESK) == {"privacy", "orders"}
    for role in (roles.ORDER_DESK, roles.PRIVACY_DESK, roles.CATALOGUE):
        assert desks[role].get("/admin/accounts/user/").status_code == 403


def test_the_owner_makes_a_member_of_staff_who_chooses_a_password_by_mail(desks, mailbox):
    owner = desks[roles.OWNER]
    role = Group.objects.get(name=roles.CATALOGUE)
    typed = {"email": "Cato@loupe.example", "full_name": "Cato", "is_staff": "on", "groups": [role.pk]}
    assert owner.post("/admin/accounts/user/add/", typed).status_code == 302
    cato = User.objects.get(email="cato@loupe.example")
    assert (cato.is_staff, cato.is_superuser, cato.has_usable_password()) == (True, False, False)
    assert list(cato.groups.all()) == [role]

    browser = Browser()
    browser.post("/accounts/password/reset/", {"email": cato.email})
    form = browser.get(mailbox(cato.email).link, follow=True).request["PATH_INFO"]
    browser.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    browser.sign_in(cato.email)
    browser.post(mailbox(cato.email).link)
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("typed", [{}, {"email": "nobody"}, {"email": "carol@loupe.example"}])
def test_a_wrong_address_of_staff_is_said_beside_the_field(desks, carol, typed):
    assert desks[roles.OWNER].post("/admin/accounts/user/add/", typed).status_code == 200
    assert User.objects.count() == len(roles.GRANTS) + 1


def test_nobody_makes_a_superuser_or_gives_themselves_a_role(desks, alice):
    owner = User.objects.get(groups__name=roles.OWNER)
    everything = {
        "is_superuser": "on",
        "user_permissions": ["1"],
        "is_staff": "",
        "groups": [],
        "email": "x@example.com",
    }
    desks[roles.OWNER].post(f"/admin/accounts/user/{owner.pk}/change/", everything)
    desks[roles.OWNER].post(f"/admin/accounts/user/{alice.pk}/change/", everything)
    owner.refresh_from_db()
    alice.refresh_from_db()
    assert (owner.is_superuser, owner.is_staff, owner.groups.count()) == (False, True, 1)
    assert (alice.is_superuser, alice.email) == (False, "alice@example.com")
    assert alice.user_permissions.count() == 0


def test_the_list_of_accounts_names_nobody_and_finds_by_the_whole_address_only(desks, alice, bob):
    page = desks[roles.OWNER].get("/admin/accounts/user/").content.decode()
    assert "alice@example.com" not in page
    assert "Abernathy" not in page
    whole = desks[roles.OWNER].get("/admin/accounts/user/?q=alice@example.com").content.decode()
    assert str(alice) in whole
    assert str(bob) not in whole
    assert str(alice) not in desks[roles.OWNER].get("/admin/accounts/user/?q=alice").content.decode()


def test_the_list_of_accounts_asks_a_fixed_number_of_questions(desks, django_assert_max_num_queries):
    for customers in (1, 30):
        for number in range(customers):
            User.objects.create_user(f"customer{number}of{customers}@example.com", None, at=NOON)
        with django_assert_max_num_queries(12):
            desks[roles.OWNER].get("/admin/accounts/user/")


def test_accounts_are_closed_at_the_desk_but_not_ones_own(desks, alice, bob):
    owner = User.objects.get(groups__name=roles.OWNER)
    chosen = {"action": "deactivate", "_selected_action": [alice.pk, owner.pk]}
    desks[roles.OWNER].post("/admin/accounts/user/", chosen)
    assert not User.objects.get(pk=alice.pk).is_active
    assert User.objects.get(pk=owner.pk).is_active
    assert User.objects.get(pk=bob.pk).is_active
    desks[roles.OWNER].post("/admin/accounts/user/", {"action": "reactivate", "_selected_action": [alice.pk]})
    assert User.objects.get(pk=alice.pk).is_active


def test_staff_change_their_password_where_everybody_does(desks):
    """Django's own page would end no API key, and tell nobody."""
    answer = desks[roles.ORDER_DESK].get("/admin/password_change/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password/change/")


def test_nobody_deletes_an_account_at_the_desk(desks, alice):
    assert desks[roles.OWNER].post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=alice.pk).exists()


def test_the_desk_has_the_same_door_as_everybody(browser, alice):
    assert browser.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    browser.sign_in(alice.email)
    assert browser.get("/admin/", follow=True).status_code == 403


@pytest.mark.promise("JE-108")
def test_in_production_staff_set_up_a_second_factor_first(browser, carol, alice, settings):
    settings.LOUPE_STAFF_MFA = True
    carol.groups.add(Group.objects.create(name="any"))
    browser.force_login(carol)
    assert browser.get("/admin/").headers["Location"] == "/accounts/2fa/totp/activate/"
    assert browser.get("/account/").status_code == 200
    Authenticator.objects.create(user=carol, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    assert browser.get("/admin/").status_code == 200


def test_a_password_alone_is_not_enough_once_a_factor_is_set_up(browser, carol, settings):
    settings.LOUPE_STAFF_MFA = True
    Authenticator.objects.create(user=carol, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    assert browser.sign_in(carol.email).headers["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/admin/").status_code == 302


def test_the_demos_people_are_made_once_and_written_down(settings, tmp_path, browser):
    settings.LOUPE_HOME = tmp_path
    first = demo.load(at=timezone.now())
    again = demo.load(at=timezone.now())
    assert first == again
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    written = json.loads((tmp_path / "demo.json").read_text())
    assert {person["role"] for person in written["staff"]} == set(roles.GRANTS)
    assert [person["email"] for person in written["customers"]] == ["alice@example.com", "bob@example.com"]
    assert User.objects.count() == len(first) == 8
    owner = next(person for person in written["staff"] if person["role"] == "owner")
    assert browser.sign_in(owner["email"], owner["password"]).headers["Location"] == "/admin/"
    assert browser.get("/admin/accounts/user/").status_code == 200
