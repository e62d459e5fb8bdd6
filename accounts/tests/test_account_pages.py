"""The account pages: one's own details and addresses, never anybody else's."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from accounts import addresses, details, phones, security
from accounts.models import Address, User
from accounts.tests.conftest import NOON, Browser, make_user
from privacy.ground.models import AuditEvent
from privacy.register import profiles

pytestmark = pytest.mark.django_db
HOME = addresses.Details("Alice Abernathy", "418 Larkspur Lane", "", "New York", "NY", "10012", "US", "+12125550137")
WORK = addresses.Details("Alice Abernathy", "9 Foundry Street", "Floor 3", "New York", "NY", "10013", "US")
BOBS = addresses.Details("Bob Brightwater", "77 Foghorn Terrace", "", "San Francisco", "CA", "94110", "US")


def add(user, what=HOME, **more):
    return addresses.add(user, what, by=user, at=NOON, **more)


def typed(**changes):
    fields = {
        "full_name": "Alice Abernathy",
        "country": "US",
        "line1": "418 Larkspur Lane",
        "city": "New York",
        "region": "NY",
        "postal_code": "10012",
    }
    return fields | changes


# --- The room: what checkout relies on ---------------------------------------------------------


def test_the_first_address_is_the_one_used_first(alice, bob):
    assert addresses.default_of(alice) is None
    home, work = add(alice), add(alice, WORK)
    bobs = add(bob, BOBS)
    assert addresses.of(alice) == [home, work]
    assert addresses.default_of(alice) == home
    assert addresses.default_of(bob) == bobs


def test_another_can_be_preferred(alice, bob):
    home, work, bobs = add(alice), add(alice, WORK), add(bob, BOBS)
    addresses.prefer(work, by=alice, at=NOON)
    assert addresses.default_of(alice) == work
    addresses.change(home, HOME, make_default=True, by=alice, at=NOON)
    assert addresses.of(alice) == [home, work]
    assert addresses.default_of(bob) == bobs


def test_removing_the_first_leaves_another_in_its_place(alice, bob):
    home, work, bobs = add(alice), add(alice, WORK), add(bob, BOBS)
    addresses.remove(home, by=alice, at=NOON)
    assert addresses.default_of(alice) == work
    addresses.remove(work, by=alice, at=NOON)
    assert addresses.of(alice) == []
    assert addresses.of(bob) == [bobs]


def test_the_first_address_says_whose_law_counts_and_bobs_says_nothing_of_alice(alice, bob):
    def lives_in(user):
        return User.objects.select_related("subject").get(pk=user.pk).subject.residence

    assert (lives_in(alice), lives_in(bob)) == ("", "")
    home, _ = add(alice), add(bob, BOBS)
    assert (lives_in(alice), lives_in(bob)) == ("US-NY", "US-CA")
    abroad = replace(HOME, city="Bonn", region="", postal_code="53113", country="DE")
    other = add(alice, abroad)
    assert lives_in(alice) == "US-NY", "it is not the one used first"
    addresses.prefer(other, by=alice, at=NOON)
    assert lives_in(alice) == "DE"
    addresses.change(other, replace(abroad, country="AT", city="Wien"), by=alice, at=NOON)
    assert lives_in(alice) == "AT"
    addresses.remove(other, by=alice, at=NOON)
    assert (addresses.default_of(alice), lives_in(alice), lives_in(bob)) == (home, "US-NY", "US-CA")


def test_the_database_knows_one_first_address(alice):
    add(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.create(user=alice, country="US", is_default_shipping=True)


def test_there_is_an_end_to_addresses(alice, bob):
    for _ in range(addresses.MOST):
        add(alice)
    with pytest.raises(addresses.TooMany):
        add(alice)
    add(bob, BOBS)


def test_the_trail_names_fields_never_values(alice):
    details.change(alice, full_name="Alice Baker", phone=alice.phone, by=alice, at=NOON)
    add(alice)
    events = list(AuditEvent.objects.filter(subject_id=alice.subject_id, event__startswith="a"))
    assert {event.event for event in events} >= {"account.details_changed", "address.added"}
    assert next(e for e in events if e.event == "account.details_changed").details == {"fields": ["full_name"]}
    assert "Baker" not in str([event.details for event in events])


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("(212) 555-0137", "+12125550137"),
        ("+49 30 901820", "+4930901820"),
        ("0044 20 7946 0958", None),
        ("pearl", None),
    ],
)
def test_telephone_numbers_have_one_spelling(words, kept):
    if kept is None:
        with pytest.raises(phones.NotANumber):
            phones.normalise(words)
    else:
        assert phones.normalise(words) == kept


def test_two_spellings_of_an_address_are_one_account(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ALICE@Example.com", None, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=alice.pk).update(email="Alice@example.com")
    assert User.objects.get_by_natural_key(" Alice@EXAMPLE.com") == alice


def test_an_account_is_named_without_its_owner(alice, carol):
    assert str(alice) == f"customer {str(alice.subject_id)[:8]}"
    assert str(carol) == f"staff {carol.pk}"


# --- The pages ---------------------------------------------------------------------------------


@pytest.mark.promise("JE-36", "JE-76", "JH-21")
def test_an_address_is_added_changed_preferred_and_removed(signed_in, alice):
    assert signed_in.post("/account/addresses/add/", typed()).headers["Location"] == "/account/addresses/"
    signed_in.post("/account/addresses/add/", typed(line1="9 Foundry Street", phone="212 555 0137"))
    home, work = addresses.of(alice)
    assert work.phone == "+12125550137"
    page = signed_in.get("/account/addresses/").content.decode()
    assert "418 Larkspur Lane" in page
    assert "9 Foundry Street" in page

    signed_in.post(f"/account/addresses/{work.pk}/prefer/")
    signed_in.post(f"/account/addresses/{work.pk}/", typed(line1="10 Foundry Street"))
    assert addresses.default_of(alice).line1 == "10 Foundry Street"
    signed_in.post(f"/account/addresses/{home.pk}/remove/")
    assert [address.pk for address in addresses.of(alice)] == [work.pk]


@pytest.mark.parametrize("door", ["", "prefer/", "remove/"])
def test_nobody_reaches_an_address_of_somebody_else(signed_in, bob, door):
    bobs = add(bob, BOBS)
    add(bob, WORK)
    assert signed_in.post(f"/account/addresses/{bobs.pk}/{door}", typed()).status_code == 404
    if not door:
        assert signed_in.get(f"/account/addresses/{bobs.pk}/").status_code == 404
    unchanged = addresses.default_of(bob)
    assert (unchanged.pk, unchanged.line1) == (bobs.pk, "77 Foghorn Terrace")


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"full_name": ""}, "full_name"),
        ({"line1": ""}, "line1"),
        ({"line1": "x" * 151}, "line1"),
        ({"city": "\x00"}, "city"),
        ({"country": "XX"}, "country"),
        ({"country": "us"}, "country"),
        ({"country": ""}, "country"),
        ({"postal_code": ""}, "postal_code"),
        ({"region": ""}, "region"),
        ({"phone": "pearl"}, "phone"),
        ({"phone": "1" * 41}, "phone"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_beside_the_field(signed_in, alice, changes, wrong):
    answer = signed_in.post("/account/addresses/add/", typed(**changes))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [wrong]
    assert f'id="id_{wrong}_error"' in answer.content.decode()
    assert addresses.of(alice) == []


def test_the_page_says_when_there_are_enough_addresses(signed_in, alice):
    for _ in range(addresses.MOST):
        add(alice)
    assert "as many addresses as we hold" in signed_in.post("/account/addresses/add/", typed()).content.decode()
    assert "as many as we hold" in signed_in.get("/account/addresses/").content.decode()


@pytest.mark.promise("JE-36", "JE-76", "JH-21")
def test_details_are_changed(signed_in, alice, bob):
    signed_in.post("/account/details/", {"full_name": "Alice Baker", "phone": "+44 20 7946 0958"})
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.full_name, alice.phone) == ("Alice Baker", "+442079460958")
    assert bob.full_name == "Bob Brightwater"
    answer = signed_in.post("/account/details/", {"full_name": "x" * 151, "phone": "pearl"})
    assert set(answer.context["form"].errors) == {"full_name", "phone"}


def test_a_name_is_text_and_nothing_more(signed_in):
    signed_in.post("/account/details/", {"full_name": "<script>alert(1)</script>", "phone": ""})
    page = signed_in.get("/account/").content.decode()
    assert "<script>alert" not in page


def test_contact_is_the_shops_own(browser):
    page = browser.get("/contact/").content.decode()
    contact = profiles.current().contact
    assert [fact in page for fact in (contact.email, contact.phone, *contact.address)] == [True] * (
        2 + len(contact.address)
    )


PAGES = [
    ("/account/", 6),
    ("/account/details/", 2),
    ("/account/addresses/", 3),
    ("/account/addresses/add/", 2),
    ("/account/security/", 5),
    ("/account/security/keys/", 7),
    ("/accounts/sessions/", None),
    ("/accounts/2fa/", None),
    ("/accounts/2fa/totp/activate/", None),
    ("/accounts/email/", None),
    ("/accounts/password/change/", None),
    ("/accounts/logout/", None),
    ("/accounts/reauthenticate/", None),
]


@pytest.mark.parametrize(("path", "most"), PAGES)
def test_every_page_asks_a_fixed_number_of_questions(signed_in, alice, path, most, django_assert_max_num_queries):
    for round_ in (1, 2):
        with django_assert_max_num_queries(most or 12):
            assert signed_in.get(path).status_code == 200
        if round_ == 1:
            for number in range(9):
                add(alice)
                security.issue_token(alice, name=str(number), by=alice, at=NOON)


@pytest.mark.parametrize("path", [path for path, _ in PAGES if path.startswith("/account/")])
def test_nobody_sees_a_page_without_signing_in(browser, alice, path):
    assert browser.get(path).headers["Location"] == f"/accounts/login/?next={path}"
    assert browser.post(path).status_code in (302, 405)


ENTRANCES = [
    "/accounts/age/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/reset/key/1-nonsense/",
    "/accounts/password/reset/key/zzzzzzzzzzzzzzzzzzzz-x/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/",
    "/accounts/inactive/",
    "/contact/",
]


@pytest.mark.parametrize("path", ENTRANCES)
def test_every_entrance_wears_the_shops_clothes_and_sets_no_cookie(browser, path):
    page = browser.get(path)
    assert page.status_code == 200
    html = page.content.decode()
    assert 'class="wordmark"' in html
    assert html.count("<h1") == 1
    assert "<script>" not in html
    assert " style=" not in html
    assert not page.cookies


@pytest.mark.parametrize("path", [path for path, _ in PAGES])
def test_every_page_of_an_account_wears_the_shops_clothes(signed_in, path):
    html = signed_in.get(path).content.decode()
    assert 'class="wordmark"' in html
    assert html.count("<h1") == 1
    assert "<script>" not in html
    assert " style=" not in html


def test_a_sign_in_leads_back_to_where_one_was_but_nowhere_else(alice):
    typed = {"login": alice.email, "password": "three-pearls-on-a-string"}
    assert Browser().post("/accounts/login/", {**typed, "next": "/contact/"}).headers["Location"] == "/contact/"
    assert (
        Browser().post("/accounts/login/", {**typed, "next": "https://evil.example/"}).headers["Location"]
        == "/account/"
    )


@pytest.mark.promise("JE-18")
def test_bob_without_a_name_is_greeted_without_one(browser):
    make_user("bob@example.com")
    browser.sign_in("bob@example.com")
    assert "Your account" in browser.get("/account/").content.decode()
