"""The two opt-outs and the signal: one click or none, for a browser and for the account used in it."""

from __future__ import annotations

import re

import pytest

from privacy.consent import answers, notices
from privacy.consent.choice import Choice
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Surface
from privacy.register import ages
from privacy.tests.banner.clicks import F, P, T, answer, choice_of, records, signed_in
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db


@pytest.mark.promise("JE-50", "JE-89", "JE-97", "JE-44", "JE-61", "JK-13", "JH-25")
@pytest.mark.parametrize(
    ("path", "label", "written"),
    [
        (
            "/privacy/opt-out/",
            "Do Not Sell or Share My Personal Information",
            [("targeting", "refused", "opt_out_link"), ("partner_marketing", "refused", "opt_out_link")],
        ),
        (
            "/privacy/limit/",
            "Limit the Use of My Sensitive Personal Information",
            [("sensitive_use", "refused", "opt_out_link")],
        ),
    ],
)
def test_one_click_at_the_foot_of_any_page_opts_out(visitor, path, label, written):
    page = visitor.get("/privacy/").text
    assert f'<form method="post" action="{path}"><button class="link">{label}</button></form>' in page
    response = visitor.post(path)
    assert (response.status_code, "Done." in response.text) == (200, True)
    assert records() == written
    own = visitor.get(path).text
    form = own[own.index("<form", own.index("<main")) : own.index("</form>", own.index("<main"))]
    assert re.findall(r"<(input|select|textarea|button)", form) == ["button"], "it asks for nothing but the click"


def test_opting_out_takes_targeting_back_and_leaves_the_rest(visitor, everything_asked):
    answer(visitor, "accept")
    visitor.cookies["_ad"] = "x"
    response = visitor.post("/privacy/opt-out/")
    assert response.cookies["_ad"]["max-age"] == 0
    found = choice_of(visitor)
    assert (found.allowed, found.has_opted_out) == ({P, F}, True)
    assert ("targeting", "withdrawn", "opt_out_link") in records()


def test_opting_out_holds_for_the_account_that_is_used_next(visitor, everything_asked):
    alice = someone("alice")
    visitor.post("/privacy/opt-out/")
    visitor.force_login(alice.user)
    visitor.get("/privacy/")
    assert answers.has_objected(alice.subject)


def test_a_late_yes_is_given_in_the_settings_beside_its_own_words(visitor, everything_asked):
    visitor.post("/privacy/opt-out/")
    assert notices.text("opt_in") in visitor.get("/privacy/choices/").text
    answer(visitor, "choose", T, surface="settings")
    last = ConsentRecord.objects.filter(matter="targeting").first()  # the newest
    assert (last.decision, last.notice.slug, last.notice.text) == ("granted", "opt_in", notices.text("opt_in"))
    assert (choice_of(visitor).allows(T), choice_of(visitor).has_opted_out) == (True, False)


def test_accepting_a_banner_leaves_an_earlier_no_of_the_account_alone(everything_asked):
    alice = someone("alice")
    answers.opt_out(Choice(), said=answers.Said(alice.subject, Surface.OPT_OUT_LINK, "", alice.user, NOON))
    client = signed_in(alice)
    answer(client, "accept")
    assert choice_of(client).allowed == {P, F}
    assert answers.has_objected(alice.subject)


def test_no_minor_is_followed_by_advertising_whatever_they_pressed(everything_asked):
    """Nobody's data are sold or shared who is younger than 16 and has not asked for it themselves (Cal. Civ. Code 1798.120(c))."""
    alice, bob = someone("alice"), someone("bob")
    ages.state(alice.subject, ages.ANSWERS["13_15"], by="test", at=NOON)
    allowed = {}
    for person in (alice, bob):
        client = signed_in(person)
        answer(client, "accept")
        allowed[person.email] = client.get("/privacy/").wsgi_request.choice.allowed
    assert allowed == {alice.email: {P, F}, bob.email: {P, F, T}}


# The signal


def test_accepting_under_the_signal_grants_no_targeting(visitor, everything_asked):
    answer(visitor, "accept", **{"Sec-GPC": "1"})
    assert records() == [("functionality", "granted", "banner"), ("performance", "granted", "banner")]
    page = visitor.get("/privacy/choices/", headers={"Sec-GPC": "1"}).text
    assert "Off, because your browser asks for it." in page
    assert 'value="targeting"' not in page


@pytest.mark.parametrize("path", ["/", "/privacy/cookies/", "/privacy/opt-out/", "/privacy/choices/"])
def test_every_page_shows_that_the_signal_was_honoured(visitor, path):
    assert "signal is honoured" in visitor.get(path, headers={"Sec-GPC": "1"}).text
    assert "signal is honoured" not in visitor.get(path, headers={"Sec-GPC": "true"}).text


@pytest.mark.parametrize(
    ("shop", "words"),
    [
        ("jane_ellen", "We do not act on it, and say so."),
        ("selenegleam", "Here it counts like Global Privacy Control."),
    ],
)
@pytest.mark.promise("JE-63", "JH-26", "JK-12")
def test_the_page_says_what_do_not_track_does_at_this_shop(visitor, settings, shop, words):
    settings.LOUPE_POLICY = shop
    page = visitor.get("/privacy/cookies/", headers={"DNT": "1"}).text
    assert "Your browser sends Do Not Track." in page
    assert words in page
