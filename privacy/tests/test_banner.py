"""The banner, the settings and the two opt-outs: one click each, without a script, an account or a cookie, and a record of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from privacy.consent import answers, choice, cookies, ledger, notices
from privacy.consent.choice import Category, Choice
from privacy.consent.entries import Entry, Kind
from privacy.consent.models import ConsentRecord, VisitorLink
from privacy.consent.vocabulary import Matter
from privacy.proof import receipts
from privacy.register import ages
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db

P, F, T = Category.PERFORMANCE, Category.FUNCTIONALITY, Category.TARGETING
OURS = cookies._ours()
OTHERS = [
    Entry("tongue", F, "To remember your language.", timedelta(days=90)),
    Entry("_ad", T, "To advertise.", timedelta(days=90), vendor="Example Ads", is_cross_site=True),
    Entry("drawer", F, "To remember.", timedelta(days=90), kind=Kind.STORAGE),
]


@pytest.fixture(autouse=True)
def _no_page_from_before(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def everything_asked(monkeypatch):
    """A register with something in every group."""
    monkeypatch.setattr(cookies, "_ours", lambda: [*OURS, *OTHERS])
    cookies.book.cache_clear()
    yield
    monkeypatch.undo()
    cookies.book.cache_clear()


@pytest.fixture
def visitor():
    return Client(headers={"Sec-Fetch-Site": "same-origin"}, REMOTE_ADDR="203.0.113.77")


def signed_in(person, **headers):
    client = Client(headers={"Sec-Fetch-Site": "same-origin", **headers})
    client.force_login(person.user)
    return client


def answer(client, said, *allow, surface="banner", **headers):
    form = {"answer": said, "allow": [str(each) for each in allow], "surface": surface, "next": "/privacy/"}
    return client.post("/privacy/choices/", form, headers=headers)


def choice_of(client, *, gpc=False) -> Choice:
    raw = client.cookies["consent"].value if "consent" in client.cookies else ""
    return choice.read(raw, gpc=gpc, at=timezone.now())


def records():
    return [(r.matter, r.decision, r.surface) for r in ConsentRecord.objects.order_by("id")]


def has_banner(client, path="/privacy/", **headers):
    return '<section class="consent' in client.get(path, headers=headers).text


# The banner


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
    said = answers.Said(alice.subject, choice_surface("gpc"), "", alice.user, NOON)
    answers.opt_out(Choice(), said=said)
    answer(visitor, "accept")
    assert visitor.get("/privacy/").wsgi_request.choice.allows(T)
    visitor.force_login(alice.user)
    found = visitor.get("/privacy/").wsgi_request.choice
    assert [each for each in Category if found.allows(each)] == [Category.NECESSARY, P, F]


def choice_surface(name):
    from privacy.consent.vocabulary import Surface

    return Surface(name)


def test_a_signed_in_page_asks_no_more_of_the_database_for_it(django_assert_num_queries, everything_asked):
    alice = someone("alice")
    plain, signalling = signed_in(alice), signed_in(alice, **{"Sec-GPC": "1"})
    for client in (plain, signalling):
        client.get("/privacy/limit/")
    for client in (plain, signalling):
        with django_assert_num_queries(2):  # the session and its user
            client.get("/privacy/limit/")


# Opting out


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
    answers.opt_out(Choice(), said=answers.Said(alice.subject, choice_surface("opt_out_link"), "", alice.user, NOON))
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


# The register's page, and a device that forgets


@pytest.mark.promise("JK-11", "JE-54", "JE-55", "JE-56", "JS-14")
def test_the_cookie_page_is_the_register(visitor, everything_asked):
    page = visitor.get("/privacy/cookies/").text
    rows = re.findall(r'<th scope="row"><span class="nowrap">(.*?)</span>', page)
    lines = [entry for entry in cookies.register() if not entry.is_for_staff]
    assert rows == [entry.name for each in Category for entry in lines if entry.category == each]
    assert [entry.name for entry in cookies.register() if entry.is_for_staff and entry.name not in page] == []
    assert re.findall(r"<h2>(Strictly necessary|Performance|Functionality|Targeting)</h2>", page) == [
        "Strictly necessary", "Performance", "Functionality", "Targeting",
    ]  # fmt: skip
    assert "Example Ads; can follow you to other sites" in page


@pytest.mark.promise("JE-55", "JK-11", "SG-15")
def test_every_thing_of_every_tag_stands_in_exactly_one_of_four_groups(visitor, settings):
    settings.LOUPE_POLICY = "jane_ellen"
    settings.LOUPE_TAGS = {
        "google-analytics": "G-AB12CD34EF", "hotjar": "1234567", "google-ads": "AW-123456789", "meta": "1234567890123",
    }  # fmt: skip
    found = {
        each: {entry.vendor for entry in cookies.register() if entry.category == each and not entry.is_for_staff}
        for each in Category
    }
    assert found == {
        Category.NECESSARY: {""}, P: {"", "Google", "Hotjar"}, F: set(), T: {"Google", "Meta"},
    }  # fmt: skip
    assert {"bag", "sessionid"} <= {e.name for e in cookies.register() if e.category == Category.NECESSARY}
    page = visitor.get("/privacy/choices/").text
    assert re.findall(r'name="allow" value="(.*?)"', page) == ["performance", "targeting"], (
        "each can be chosen by itself"
    )


@pytest.mark.promise("JE-58", "JK-13", "JE-44", "JH-25", "SG-15", "JE-61")
def test_the_cookie_page_points_to_the_browsers_help_and_to_opt_outs_nobody_needs(visitor):
    page = visitor.get("/privacy/cookies/").text
    assert [name for name in ("Chrome", "Firefox", "Safari", "Edge") if f">{name}" not in page] == []
    assert [
        host for host in ("optout.aboutads.info", "thenai.org", "tools.google.com/dlpage/gaoptout") if host not in page
    ] == []
    assert "Nobody needs them here" in page


@pytest.mark.promise("JK-14", "JE-77")
def test_clearing_the_device_signs_out_and_forgets_everything(everything_asked):
    alice = someone("alice")
    client = signed_in(alice)
    answer(client, "accept")
    client.cookies["bag"] = "x"
    response = client.post("/privacy/clear-device/")
    assert response.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert {name: cookie["max-age"] for name, cookie in response.cookies.items()} == {
        "bag": 0,
        "consent": 0,
        "sessionid": 0,
    }
    assert client.get(response.headers["Location"]).status_code == 200
    assert client.get("/account/").status_code == 302
    assert has_banner(client)


def test_clearing_a_device_needs_a_post(visitor):
    assert visitor.get("/privacy/clear-device/").status_code == 405


def test_an_oversized_jar_of_cookies_survives(visitor):
    for number in range(3_000):
        visitor.cookies[f"_ga_{number}"] = "x"
    visitor.cookies["consent"] = "x" * 4_000
    assert visitor.get("/privacy/").status_code == 200
    assert has_banner(visitor)
