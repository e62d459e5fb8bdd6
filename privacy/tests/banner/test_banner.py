"""The banner and the settings: one click each, without a script, an account or a cookie, and a record of it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from privacy.consent import answers, choice, cookies, ledger, notices
from privacy.consent.choice import Category, Choice
from privacy.consent.models import ConsentRecord, VisitorLink
from privacy.consent.vocabulary import Matter, Surface
from privacy.proof import receipts
from privacy.tests.banner.clicks import F, P, T, answer, choice_of, has_banner, records, signed_in
from privacy.tests.banner.conftest import OURS
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db


@pytest.mark.promise("JE-51", "JE-59")
def test_an_undecided_visitor_is_asked_on_every_page_and_given_no_cookie(visitor):
    assert [
        path for path in ("/", "/privacy/", "/bag/", "/accounts/login/", "/nowhere/") if not has_banner(visitor, path)
    ] == []
    assert not visitor.cookies
    page = visitor.get("/privacy/").text
    form = page[page.index('<section class="consent') : page.index("</section>", page.index('<section class="consent'))]
    assert re.findall(r"<(?:button|summary) class=\"(.*?)\".*?>(.*?)</", form)[:3] == [
        ("button button--quiet consent__answer", "Accept"),
        ("button button--quiet consent__answer", "Refuse"),
        ("button button--quiet consent__answer", "Choose"),
    ]
    assert "checked" not in form
    assert "<script" not in form
    assert form.count('type="checkbox"') == 1, "only performance stands in the register"


def test_the_banner_names_exactly_what_is_asked_for(visitor, everything_asked):
    page = visitor.get("/privacy/").text
    assert (
        "May we also count how the shop is used, remember how you like it and show you our pieces on other sites?"
        in page
    )
    page = visitor.get("/privacy/", headers={"Sec-GPC": "1"}).text
    assert "May we also count how the shop is used and remember how you like it?" in page


def test_where_nothing_is_optional_nobody_is_asked(visitor, monkeypatch):
    monkeypatch.setattr(cookies, "_ours", lambda: [entry for entry in OURS if entry.category == Category.NECESSARY])
    cookies.book.cache_clear()
    try:
        assert not has_banner(visitor)
        assert "Keep my choice" not in visitor.get("/privacy/choices/").text
    finally:
        monkeypatch.undo()
        cookies.book.cache_clear()


@pytest.mark.promise("JE-59", "JE-60")
def test_accepting_is_recorded_with_the_words_that_were_shown(visitor, everything_asked):
    response = answer(visitor, "accept")
    assert (response.status_code, response.headers["Location"]) == (302, "/privacy/choices/kept/?next=%2Fprivacy%2F")
    found = choice_of(visitor)
    assert found.allowed == {P, F, T}
    assert [
        (r.matter, r.decision, r.surface, r.visitor_id, r.network) for r in ConsentRecord.objects.order_by("id")
    ] == [
        (each, "granted", "banner", found.visitor, "203.0.113.0/24")
        for each in ("functionality", "performance", "targeting")
    ]
    asked = "count how the shop is used, remember how you like it and show you our pieces on other sites"
    assert {r.notice.text for r in ConsentRecord.objects.all()} == {notices.text("banner", asked=asked)}
    assert not has_banner(visitor)


@pytest.mark.promise("JE-59", "JK-10")
def test_refusing_takes_as_many_clicks_and_names_nobody(visitor, everything_asked):
    response = answer(visitor, "refuse")
    assert response.status_code == 302
    found = choice_of(visitor)
    assert (found.is_decided, found.allowed, found.has_refused, found.visitor) == (True, frozenset(), True, None)
    assert {r.decision for r in ConsentRecord.objects.all()} == {"refused"}
    assert {r.network for r in ConsentRecord.objects.all()} == {""}
    number = ConsentRecord.objects.first().visitor_id
    assert choice.base64.urlsafe_b64encode(number.bytes).decode()[:20] not in visitor.cookies["consent"].value
    assert not has_banner(visitor)


def test_choosing_allows_what_is_ticked_and_nothing_else(visitor, everything_asked):
    answer(visitor, "choose", F, "necessary", "everything")
    assert choice_of(visitor).allowed == {F}
    assert records() == [
        ("functionality", "granted", "banner"),
        ("performance", "refused", "banner"),
        ("targeting", "refused", "banner"),
    ]


def test_choosing_nothing_is_refusing(visitor):
    answer(visitor, "choose")
    assert (choice_of(visitor).allowed, choice_of(visitor).has_refused) == (frozenset(), True)


@pytest.mark.promise("JE-60", "JE-35")
def test_taking_it_back_is_one_click_and_undoes_exactly_that(visitor, everything_asked):
    answer(visitor, "accept")
    number = choice_of(visitor).visitor
    visitor.cookies["tongue"] = "de"
    response = answer(visitor, "choose", P, surface="settings")
    assert (response.cookies["tongue"].value, response.cookies["tongue"]["max-age"]) == ("", 0)
    assert response.headers["Clear-Site-Data"] == '"storage"', "functionality keeps things in the browser's storage"
    assert choice_of(visitor).allowed == {P}
    assert records()[3:] == [
        ("functionality", "withdrawn", "cookie_settings"),
        ("performance", "granted", "cookie_settings"),
        ("targeting", "withdrawn", "cookie_settings"),
    ]
    assert {r.visitor_id for r in ConsentRecord.objects.all()} == {number}


def test_the_key_of_a_mailed_link_enters_no_other_address(visitor):
    response = visitor.post("/privacy/choices/", {"answer": "refuse", "next": "/privacy/request/follow/?key=secret"})
    assert response.headers["Location"] == "/privacy/request/follow/?key=secret"


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("/category/rings/?page=2", "/category/rings/?page=2"),
        ("https://evil.example/", "/privacy/choices/"),
        ("//evil.example/", "/privacy/choices/"),
        ("javascript:alert(1)", "/privacy/choices/"),
        ("", "/privacy/choices/"),
    ],
)
def test_an_answer_leads_back_and_nowhere_else(visitor, target, leads):
    visitor.cookies["whatever"] = "x"
    response = visitor.post("/privacy/choices/", {"answer": "refuse", "next": target})
    assert response.headers["Location"] == leads


def test_an_answer_that_says_nothing_is_sent_back(visitor):
    response = answer(visitor, "")
    assert response.status_code == 400
    assert not response.cookies
    assert records() == []


def test_a_form_of_another_site_answers_for_nobody():
    visitor = Client(enforce_csrf_checks=True)
    response = answer(visitor, "accept", **{"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert (records(), "consent" in visitor.cookies) == ([], False)


@pytest.mark.promise("JS-19")
def test_a_browser_without_cookies_is_told_what_needs_them(visitor):
    location = answer(visitor, "refuse").headers["Location"]
    assert visitor.get(location).headers["Location"] == "/privacy/", "this one keeps them"
    visitor.cookies.clear()
    page = visitor.get(location)
    assert page.status_code == 200
    assert [
        words for words in ("Your bag and the checkout", "your account", 'href="/privacy/"') if words not in page.text
    ] == []


@pytest.mark.promise("JS-19", "JE-62")
@pytest.mark.parametrize(
    ("path", "words"), [("/bag/", "The bag needs a cookie."), ("/accounts/login/", "Signing in needs a cookie.")]
)
def test_what_needs_a_cookie_says_so_to_who_brings_none(visitor, path, words):
    assert words in visitor.get(path).text
    answer(visitor, "refuse")
    assert words not in visitor.get(path).text


def test_too_many_answers_of_one_network_stop_being_recorded_but_a_no_is_still_kept(visitor, monkeypatch):
    monkeypatch.setattr("privacy.views.choices.AN_HOUR", 1)
    answer(visitor, "accept")
    stranger = Client(headers={"Sec-Fetch-Site": "same-origin"}, REMOTE_ADDR="203.0.113.77")
    written = records()
    assert answer(stranger, "accept").status_code == 429
    assert "consent" not in stranger.cookies
    assert answer(stranger, "refuse").status_code == 302
    assert choice_of(stranger).has_refused
    assert records() == written


def test_a_browser_that_agreed_gets_a_receipt_for_each_word_and_nobody_elses(visitor):
    stranger = Client(headers={"Sec-Fetch-Site": "same-origin"})
    for client in (visitor, stranger):
        answer(client, "accept")
    mine, theirs = (ConsentRecord.objects.get(visitor_id=choice_of(client).visitor) for client in (visitor, stranger))
    page = visitor.get("/privacy/choices/").text
    assert (f"/privacy/choices/{mine.receipt}.json" in page, str(theirs.receipt) in page) == (True, False)
    file = visitor.get(f"/privacy/choices/{mine.receipt}.json")
    assert file.status_code == 200
    assert file.json() == receipts.of(mine)
    assert visitor.get(f"/privacy/choices/{theirs.receipt}.json").status_code == 404
    answer(visitor, "refuse")
    assert visitor.get(f"/privacy/choices/{mine.receipt}.json").status_code == 404, (
        "the number is gone from the browser"
    )


@pytest.mark.promise("JE-51")
def test_three_ways_to_choose_are_open_to_everybody(visitor):
    page = visitor.get("/privacy/").text
    assert '<section class="consent' in page
    for path in ("/privacy/unsubscribe/by-address/", "/privacy/request/"):
        assert f'href="{path}"' in page, path
        assert '<form method="post"' in visitor.get(path).text, path


# The account


def test_whoever_is_signed_in_answers_for_their_account(everything_asked):
    alice, bob = someone("alice"), someone("bob")
    client = signed_in(alice)
    answer(client, "choose", P)
    assert choice_of(client).visitor is None, "the account stands for it"
    said = {thing.matter: state.is_granted for thing, state in ledger.standing(alice.subject).items()}
    assert said == {Matter.PERFORMANCE: True, Matter.FUNCTIONALITY: False, Matter.TARGETING: False}
    assert not ledger.standing(bob.subject)


def test_what_was_chosen_before_the_sign_in_joins_the_account(visitor, everything_asked):
    alice = someone("alice")
    answer(visitor, "accept")
    visitor.force_login(alice.user)
    visitor.get("/privacy/")
    visitor.get("/privacy/")
    assert [(link.visitor_id, link.subject_id) for link in VisitorLink.objects.all()] == [
        (choice_of(visitor).visitor, alice.subject.pk)
    ]


def test_the_signal_follows_the_account_and_is_recorded_once():
    alice, bob = someone("alice"), someone("bob")
    client = signed_in(alice, **{"Sec-GPC": "1"})
    for _ in range(3):
        client.get("/privacy/")
    signed_in(alice, **{"Sec-GPC": "1"}).get("/privacy/")
    signed_in(bob).get("/privacy/")
    assert records() == [("targeting", "refused", "gpc"), ("partner_marketing", "refused", "gpc")]
    assert {r.subject_id for r in ConsentRecord.objects.all()} == {alice.subject.pk}
    assert ConsentRecord.objects.first().notice.slug == "gpc"


def test_an_account_that_said_no_is_not_targeted_on_a_browser_that_said_yes(visitor, everything_asked):
    alice = someone("alice")
    said = answers.Said(alice.subject, Surface.GPC, "", alice.user, NOON)
    answers.opt_out(Choice(), said=said)
    answer(visitor, "accept")
    assert visitor.get("/privacy/").wsgi_request.choice.allows(T)
    visitor.force_login(alice.user)
    found = visitor.get("/privacy/").wsgi_request.choice
    assert [each for each in Category if found.allows(each)] == [Category.NECESSARY, P, F]


def test_a_signed_in_page_asks_no_more_of_the_database_for_it(django_assert_num_queries, everything_asked):
    alice = someone("alice")
    plain, signalling = signed_in(alice), signed_in(alice, **{"Sec-GPC": "1"})
    for client in (plain, signalling):
        client.get("/privacy/limit/")
    for client in (plain, signalling):
        with django_assert_num_queries(2):  # the session and its user
            client.get("/privacy/limit/")
