"""The cookie firewall: a table of what may leave the server, and what it takes away."""

import logging
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from privacy.consent import choice, cookies, firewall
from privacy.consent.choice import Category, Choice
from privacy.consent.entries import Entry, Kind
from privacy.middleware import CookieMiddleware

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = 86_400
P, F, T = Category.PERFORMANCE, Category.FUNCTIONALITY, Category.TARGETING
REFUSED = Choice(decided_on=NOON.date(), has_refused=True)
LINES = [
    Entry("bag", Category.NECESSARY, "To keep your bag.", timedelta(days=30)),
    Entry("session", Category.NECESSARY, "To keep you signed in.", timedelta(0)),
    Entry("_ga*", P, "To count.", timedelta(days=800), vendor="Example Analytics", is_cross_site=True),
    Entry("tongue", F, "To remember your language.", timedelta(days=90)),
    Entry("_ad", T, "To advertise.", timedelta(days=90), vendor="Example Ads"),
    Entry("drawer", F, "To remember.", timedelta(days=90), kind=Kind.STORAGE),
]


@pytest.fixture(autouse=True)
def _this_register(monkeypatch):
    monkeypatch.setattr(cookies, "_ours", lambda: LINES)
    cookies.book.cache_clear()
    yield
    monkeypatch.undo()
    cookies.book.cache_clear()


def allowing(*categories):
    return Choice(frozenset(categories), NOON.date())


def answer(name, **attributes):
    response = HttpResponse("answer")
    response.set_cookie(name, "value", **attributes)
    return response


def guarded(response, chosen=REFUSED, *, carried=()):
    request = RequestFactory().get("/")
    request.COOKIES.update(dict.fromkeys(carried, "x"))
    firewall.guard(request, response, choice=chosen, at=NOON)
    return response


MAY_LEAVE = [
    ("bag", {"max_age": 30 * DAY}, REFUSED),
    ("bag", {"max_age": timedelta(days=30)}, Choice()),
    ("bag", {}, REFUSED),
    ("session", {}, REFUSED),
    ("_ga", {"max_age": 396 * DAY}, allowing(P)),
    ("_ga_AB12", {"max_age": 396 * DAY}, allowing(P)),
    ("tongue", {"expires": "Sun, 31 Jan 2027 12:00:00 GMT"}, allowing(F)),
    ("_ad", {"max_age": DAY}, allowing(P, F, T)),
    ("whoever", {"max_age": 0}, REFUSED),
    ("_ad", {"expires": "Sun, 01 Nov 2026 12:00:00 GMT"}, REFUSED),
]
MAY_NOT = [
    ("whoever", {}, allowing(P, F, T), "no line of the register names it"),
    ("Bag", {}, REFUSED, "no line of the register names it"),
    ("drawer", {}, allowing(P, F, T), "no line of the register names it"),
    ("bag", {"max_age": 30 * DAY + 1}, REFUSED, "it would live 30 days and may live 30"),
    ("bag", {"expires": "Thu, 03 Dec 2026 12:00:00 GMT"}, REFUSED, "it would live 31 days and may live 30"),
    ("session", {"max_age": 60}, REFUSED, "it would live 0 days and may live 0"),
    ("_ga", {"max_age": 397 * DAY}, allowing(P), "it would live 397 days and may live 396"),
    ("_ga", {"max_age": DAY}, Choice(), "the visitor has not allowed performance cookies"),
    ("_ga_AB12", {"max_age": DAY}, allowing(F, T), "the visitor has not allowed performance cookies"),
    ("tongue", {}, REFUSED, "the visitor has not allowed functionality cookies"),
    ("_ad", {"max_age": DAY}, allowing(P, F), "the visitor has not allowed targeting cookies"),
    ("_ad", {}, Choice(frozenset({T}), NOON.date(), gpc=True), "the visitor has not allowed targeting cookies"),
]


@pytest.mark.parametrize(("name", "attributes", "chosen"), MAY_LEAVE)
def test_what_may_leave_leaves(name, attributes, chosen):
    assert list(guarded(answer(name, **attributes), chosen).cookies) == [name]


@pytest.mark.parametrize(("name", "attributes", "chosen", "why"), MAY_NOT)
@pytest.mark.promise("JK-11", "JE-55", "JS-15")
def test_what_may_not_leave_is_an_error_where_somebody_should_notice(name, attributes, chosen, why):
    with pytest.raises(firewall.Refused) as caught:
        guarded(answer(name, **attributes), chosen)
    assert (caught.value.name, caught.value.why) == (name, why)


@pytest.mark.parametrize(("name", "attributes", "chosen", "why"), MAY_NOT)
def test_in_production_it_is_dropped_and_logged_without_its_value(settings, caplog, name, attributes, chosen, why):
    settings.LOUPE_STRICT_COOKIES = False
    response = answer(name, **attributes)
    response.set_cookie("bag", "pieces") if name != "bag" else response.set_cookie("session", "pieces")
    with caplog.at_level(logging.ERROR):
        left = guarded(response, chosen).cookies
    assert list(left) == ["bag" if name != "bag" else "session"]
    assert [(line.message, line.cookie, line.why) for line in caplog.records] == [("cookie.refused", name, why)]
    assert "value" not in caplog.text


def test_a_cookie_written_by_hand_past_django_does_not_leave(settings):
    response = HttpResponse(headers={"Set-Cookie": "bag=x; Max-Age=60"})
    with pytest.raises(firewall.Refused, match="'bag'"):
        guarded(response)
    settings.LOUPE_STRICT_COOKIES = False
    assert "Set-Cookie" not in guarded(response).headers


def test_the_shops_policy_may_be_stricter_than_the_law_and_never_laxer(monkeypatch):
    months = {"cookie_months": 24, "analytics_cookie_months": 24}
    profile = type("Profile", (), {"retention": months})
    monkeypatch.setattr(cookies.profiles, "current", lambda: profile)
    assert [cookies.at_most(each).days for each in Category] == [366, 396, 183, 183]
    months.update(cookie_months=1, analytics_cookie_months=2)
    assert [cookies.at_most(each).days for each in Category] == [30, 61, 30, 30]


@pytest.mark.parametrize(
    ("carried", "chosen", "taken"),
    [
        (["_ga", "_ga_AB12", "tongue", "_ad", "bag", "whoever"], REFUSED, {"_ga", "_ga_AB12", "tongue", "_ad"}),
        (["_ga", "_ad"], Choice(), {"_ga", "_ad"}),
        (["_ga", "tongue", "_ad"], allowing(F), {"_ga", "_ad"}),
        (["_ga", "tongue", "_ad"], allowing(P, F, T), set()),
        (["bag", "session", "whoever", "drawer"], REFUSED, set()),
    ],
)
@pytest.mark.promise("JE-60", "JE-77")
def test_what_is_refused_is_taken_away_with_the_next_answer(carried, chosen, taken):
    response = guarded(HttpResponse(), chosen, carried=carried)
    assert {morsel.key for morsel in response.cookies.values()} == taken
    assert {(morsel.value, morsel["max-age"], morsel["path"]) for morsel in response.cookies.values()} <= {("", 0, "/")}
    assert response.headers.get("Cache-Control") == ("private, no-store" if taken else None)


@pytest.mark.parametrize(
    ("shop", "domains"),
    [
        ("https://www.shop.example", ["", "www.shop.example", "shop.example"]),
        ("http://localhost:8000", [""]),
        ("http://127.0.0.1:8000", [""]),
        ("http://[::1]:8000", [""]),
    ],
)
def test_it_is_taken_away_wherever_it_may_have_been_set(settings, shop, domains):
    settings.LOUPE_PUBLIC_URL = shop
    response = guarded(HttpResponse(), carried=["_ga"])
    heads = [SimpleCookie(morsel.OutputString())["_ga"] for morsel in response.cookies.values()]
    assert [head["domain"] for head in heads] == domains


def test_a_name_that_no_server_can_spell_breaks_nothing():
    assert not guarded(HttpResponse(), carried=["_ga\x00", "_ga;x", "_ga é"]).cookies


def test_ten_thousand_cookies_are_taken_away_a_few_at_a_time():
    response = guarded(HttpResponse(), carried=[f"_ga_{number}" for number in range(10_000)])
    assert len(response.cookies) == firewall.MOST_TAKEN


def test_the_middleware_judges_by_the_choice_that_was_made_meanwhile():
    def view(request):
        assert not request.choice.allows(F)
        choice.settle(request, allowing(F))
        return answer("tongue", max_age=DAY)

    assert list(CookieMiddleware(view)(RequestFactory().get("/")).cookies) == ["tongue"]
