"""How old one is comes before who one is: neutral, asked once, and of a child nothing is kept in any table."""

import re

import pytest
from django.apps import apps
from django.core import signing
from django.db import connection

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Browser
from privacy.consent import cookies
from privacy.register import ages, profiles
from privacy.register.ages import ANSWERS, Standing

pytestmark = pytest.mark.django_db
MINA = {"email": "mina@example.com", "password1": PASSWORD, "full_name": "Mina Moonstone"}
SHOPS = ["jane_ellen", "jen_hansen", "jessies_selection", "jskeuc", "selenegleam"]


def rows():
    """How many rows every table of the database has, Django's and the libraries' too."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names))
        counted = dict(cursor.fetchall())
    assert {model._meta.db_table for model in apps.get_models() if model._meta.managed} <= counted.keys()
    return counted


def signs_up(browser):
    return browser.post("/accounts/signup/", MINA)


def says_no(page):
    return "We cannot make an account for you" in page.content.decode()


def asks(page):
    return page.status_code == 200 and 'name="age"' in page.content.decode()


@pytest.mark.promise("JS-21", "JK-38", "JE-118", "JE-122")
@pytest.mark.parametrize("shop", SHOPS)
def test_of_a_child_no_table_gains_a_row(browser, settings, shop):
    settings.LOUPE_POLICY = shop
    before = rows()
    assert says_no(browser.says_age("to_12"))
    assert says_no(signs_up(browser))
    assert says_no(browser.get("/accounts/signup/"))
    assert rows() == before
    assert sorted(browser.cookies) == ["age"]


def test_the_same_steps_of_an_adult_do_make_an_account(browser):
    before = rows()
    assert browser.says_age("18_24").headers["Location"] == "/accounts/signup/"
    assert signs_up(browser).headers["Location"] == "/accounts/confirm-email/"
    gained = {name: number - before[name] for name, number in rows().items() if number != before[name]}
    assert (gained["accounts_user"], gained["privacy_subject"]) == (1, 1)
    user = User.objects.get()
    assert (user.subject.age_band, ages.is_minor(user.subject)) == ("adult", False)
    assert browser.cookies["age"]["max-age"] == 0, "it has served"


def test_nobody_signs_up_who_was_not_asked(browser):
    before = rows()
    assert asks(browser.get("/accounts/signup/"))
    assert asks(signs_up(browser))
    assert rows() == before
    assert not browser.cookies


@pytest.mark.promise("JE-122")
@pytest.mark.parametrize("first", ["to_12", "13_15"])
def test_the_first_answer_of_a_day_is_the_one_that_counts(browser, settings, first):
    settings.LOUPE_POLICY = "selenegleam"  # no parent's word helps there
    browser.says_age(first)
    kept = browser.cookies["age"].value
    assert says_no(browser.says_age("40_64"))
    assert says_no(browser.get("/accounts/age/"))
    assert browser.cookies["age"].value == kept
    assert says_no(signs_up(browser))
    assert not User.objects.exists()


@pytest.mark.parametrize("made_up", ["adult", "18_24", "18_24:1tABCD:x", "", "x" * 5000])
def test_an_answer_nobody_gave_is_none(browser, made_up):
    browser.cookies["age"] = made_up
    assert asks(signs_up(browser))
    assert not User.objects.exists()


def test_the_question_gives_no_hint(browser):
    page = browser.get("/accounts/signup/").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    offered = re.findall(r"<option value=\"(\w*)\"( selected)?>([^<]+)<", main)
    assert [(value, label) for value, _, label in offered] == [("", "Choose"), *labels()]
    assert [value for value, is_chosen, _ in offered if is_chosen] in ([], [""])
    words = re.sub(r"<select.*?</select>", "", main, flags=re.DOTALL)
    assert re.findall(r"\b(?:1[0-9]|adult|minor|child|parent|guardian|old enough|at least)\b", words) == []


def labels():
    return [(each.code, each.label) for each in ANSWERS.values()]


@pytest.mark.parametrize("typed", [{}, {"age": ""}, {"age": "17"}, {"age": "\x00"}, {"age": "adult"}])
def test_no_answer_asks_again_and_remembers_nothing(browser, typed):
    page = browser.post("/accounts/age/", typed)
    assert asks(page)
    assert not browser.cookies


def test_the_cookie_names_nobody_and_tells_no_more_than_the_tables(browser):
    spoken = {}
    for code in ANSWERS:
        other = Browser()
        other.says_age(code)
        cookie = other.cookies["age"]
        assert cookie["max-age"] <= cookies.AGE_FOR.total_seconds()
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        spoken[code] = cookie.value.split(":")[0]
    assert spoken == {
        "to_12": "to_12",
        "13_15": "13_15",
        "16_17": "16_17",
        **dict.fromkeys(("18_24", "25_39", "40_64", "from_65"), "18_24"),
    }
    assert cookies.book().find("age").category == "necessary"


@pytest.mark.parametrize(("wanted", "there"), [("/bag/", "/bag/"), ("https://evil.example/", "/accounts/signup/")])
def test_the_answer_leads_back_to_where_one_was_but_nowhere_else(browser, wanted, there):
    assert browser.says_age(next=wanted).headers["Location"] == there


STANDINGS = {  # of somebody of 12, 13, 16 and 18
    "jane_ellen": ["not", "parent", "parent", "alone"],
    "jen_hansen": ["not", "parent", "parent", "alone"],
    "jessies_selection": ["not", "parent", "alone", "alone"],
    "jskeuc": ["not", "parent", "parent", "alone"],
    "selenegleam": ["not", "not", "not", "alone"],
}


@pytest.mark.parametrize("shop", SHOPS)
def test_what_an_age_allows_is_the_profiles_to_say(settings, shop):
    settings.LOUPE_POLICY = shop
    words = {Standing.NOT_YET: "not", Standing.WITH_PARENT: "parent", Standing.ALONE: "alone"}
    asked = [ANSWERS[code] for code in ("to_12", "13_15", "16_17", "18_24")]
    assert [words[each.standing] for each in asked] == STANDINGS[shop]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("alone_from = 15", "an age is 13, 16 or 18"),
        ("alone_from = 13", "younger than alone"),
    ],
)
def test_a_profile_whose_ages_the_question_cannot_tell_apart_is_refused(tmp_path, line, why):
    text = (profiles.FOLDER / "jane_ellen.toml").read_text().replace("alone_from = 18", line)
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(profiles.Unknown, match=why):
        profiles.named(str(tmp_path / "own.toml"))


def test_after_a_day_the_question_is_asked_again(browser, monkeypatch):
    browser.says_age("to_12")
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + cookies.AGE_FOR.total_seconds() + 1)
    assert asks(browser.get("/accounts/signup/"))
