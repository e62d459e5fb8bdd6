"""What visitors look at is counted when their own browser says so, with the consent of that moment, and never by a page alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as project
from django.test import Client

from privacy.consent import choice, ledger, notices
from privacy.consent.choice import Category, Choice
from privacy.consent.vocabulary import Matter, Surface
from privacy.register import subjects
from privacy.tests.people import NOON, someone
from shop import activity
from shop.models import Activity, StockLevel
from shop.tests.goods import make_category, make_piece, make_stone

pytestmark = pytest.mark.django_db

OURS = {"Sec-Fetch-Site": "same-origin"}


class Browser(Client):
    """A browser with a script: it opens a page and sends back what the page says was seen."""

    def __init__(self, *allowed: Category) -> None:
        super().__init__()
        self.allow(*allowed)

    def allow(self, *allowed: Category) -> None:
        """Answer the question about cookies: exactly this."""
        self.cookies["consent"] = choice.encoded(choice.decide(allowed, before=Choice(), at=datetime.now(UTC)))

    def see(self, path: str) -> int | None:
        """Open a page; the status of what the script sent, or None where the page has no such script."""
        found = re.search(r'data-seen="([^"]+)"', self.get(path).content.decode())
        return self.post("/seen/", {"seen": found[1]}, headers=OURS).status_code if found else None


@pytest.fixture
def counted():
    return Browser(Category.PERFORMANCE)


@pytest.fixture
def piece():
    return make_piece(make_category("rings"))


def rows() -> list[tuple[str, str]]:
    return list(Activity.objects.exclude(kind="visited").order_by("pk").values_list("kind", "object_ref"))


def visits() -> int:
    return Activity.objects.filter(kind="visited").count()


def test_each_page_of_the_shop_window_says_what_was_seen_on_it(counted, piece):
    stone = make_stone()
    paths = {
        "/": "page/home",
        "/category/rings/": "category/rings",
        f"/product/{piece.slug}/?size=none": f"product/{piece.slug}",
        "/stones/?carat_min=1": "page/stones",
        f"/stones/{stone.ref.lower()}/": f"stone/{stone.ref}",
        "/size-guide/": "page/size-guide",
        "/about-our-stones/": "page/about-our-stones",
    }
    assert [counted.see(path) for path in paths] == [204] * len(paths)
    assert rows() == [("viewed", what) for what in paths.values()]


@pytest.mark.promise("JE-11", "JK-06")
def test_of_a_search_is_noted_whether_it_found_something_and_not_a_word(counted, piece):
    for words in (piece.name, "a ring for alice@example.com", ""):
        counted.see(f"/search/?q={words}")
    assert rows() == [("searched", "search/found"), ("searched", "search/nothing")]


@pytest.mark.promise("JE-11", "JK-06", "SG-03")
@pytest.mark.parametrize(
    "allowed", [None, (), (Category.FUNCTIONALITY, Category.TARGETING)], ids=["not asked", "refused", "others"]
)
def test_without_consent_the_page_asks_for_nothing_and_nothing_would_be_written(allowed, piece):
    browser = Client() if allowed is None else Browser(*allowed)
    assert "seen.js" not in browser.get("/").content.decode()
    sent = browser.post("/seen/", {"seen": activity.said(Activity.Kind.VIEWED, "page/home")}, headers=OURS)
    assert (sent.status_code, sent.cookies.keys() - {"consent"}, Activity.objects.count()) == (204, set(), 0)


def test_a_remembered_page_is_counted_for_each_who_sees_it_and_for_nobody_who_refused(piece, settings):
    settings.PAGE_CACHE_SECONDS = 60
    first, second, refusing = Browser(Category.PERFORMANCE), Browser(Category.PERFORMANCE), Browser()
    assert [first.see("/"), second.see("/"), refusing.see("/")] == [204, 204, None]
    assert (rows(), visits()) == ([("viewed", "page/home")] * 2, 2)


def test_a_page_left_open_is_not_counted_after_its_visitor_changed_their_mind(counted):
    page = counted.get("/").content.decode()
    said = re.search(r'data-seen="([^"]+)"', page)[1]
    counted.allow()
    assert counted.post("/seen/", {"seen": said}, headers=OURS).status_code == 204
    assert Activity.objects.count() == 0


def test_a_browser_counts_as_a_visitor_once_a_day_by_a_cookie_that_holds_the_day(counted):
    for path in ("/", "/stones/", "/"):
        counted.see(path)
    cookie = counted.cookies["seen"]
    assert visits() == 1
    assert cookie.value == datetime.now(UTC).date().isoformat()
    assert (cookie["max-age"] <= 86_400, cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    counted.cookies["seen"] = "2026-01-01"
    counted.see("/")
    assert visits() == 2


def test_the_cookie_of_the_day_ends_with_the_day():
    evening = datetime(2026, 11, 2, 23, 59, 30, tzinfo=UTC)
    assert (activity.day_of(evening), activity.left_of_day(evening)) == ("2026-11-02", timedelta(seconds=30))


@pytest.mark.parametrize("said", ["", "viewed/page/home", "viewed/product/x:forged", "x" * 5000])
def test_what_no_page_of_ours_said_is_not_written(counted, said):
    assert counted.post("/seen/", {"seen": said}, headers=OURS).status_code == 400
    assert Activity.objects.count() == 0


def test_one_network_address_tells_of_no_more_looks_an_hour_than_people_take(counted, monkeypatch):
    monkeypatch.setattr("shop.views.LOOKS_AN_HOUR", 2)
    said = activity.said(Activity.Kind.VIEWED, "page/home")
    sent = [counted.post("/seen/", {"seen": said}, headers=OURS).status_code for _ in range(3)]
    assert (sent, rows()) == ([204, 204, 429], [("viewed", "page/home")] * 2)
    elsewhere = counted.post("/seen/", {"seen": said}, headers=OURS, REMOTE_ADDR="203.0.113.77")
    assert (elsewhere.status_code, len(rows())) == (204, 3)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {}])
def test_another_site_cannot_have_somebody_counted(counted, headers):
    said = activity.said(Activity.Kind.VIEWED, "page/home")
    assert counted.post("/seen/", {"seen": said}, headers=headers).status_code == 403
    assert (counted.get("/seen/").status_code, Activity.objects.count()) == (405, 0)


def test_what_goes_into_the_bag_is_noted_without_a_script(counted, piece):
    variant, stone = piece.variants.get(), make_stone()
    StockLevel.objects.update_or_create(variant=variant, defaults={"on_hand": 5})
    for key in (f"v:{variant.pk}", f"s:{stone.pk}", "v:999999"):
        counted.post("/bag/add/", {"key": key}, headers=OURS)
    Browser().post("/bag/add/", {"key": f"v:{variant.pk}"}, headers=OURS)
    assert rows() == [("added", f"product/{piece.slug}"), ("added", f"stone/{stone.ref}")]


# People with an account


@pytest.fixture
def alice(counted):
    person = someone("alice")
    counted.force_login(person.user)
    return person


def yes(person) -> None:
    notice, surface = notices.current("preferences"), Surface.PREFERENCES
    ledger.grant(person.subject, Matter.PERFORMANCE, notice=notice, surface=surface, by=person.user, at=NOON)


def no(person) -> None:
    ledger.refuse(person.subject, Matter.PERFORMANCE, surface=Surface.PREFERENCES, by=person.user, at=NOON)


def test_somebody_signed_in_is_counted_as_themselves(counted, alice):
    counted.see("/")
    assert set(Activity.objects.values_list("subject_id", flat=True)) == {alice.subject.pk}


@pytest.mark.promise("JE-85")
@pytest.mark.parametrize("objection", ["no", "restricted"])
def test_an_account_that_objects_is_not_counted_whatever_the_browser_says(counted, alice, objection):
    yes(alice)
    if objection == "no":
        no(alice)
    else:
        subjects.restrict(alice.subject, by=alice.user, at=NOON)
    alice.subject.refresh_from_db()
    assert (counted.see("/"), Activity.objects.count()) == (204, 0)


def test_the_beacon_asks_nothing_of_the_database_before_it_knows_that_it_may(django_assert_num_queries):
    said = activity.said(Activity.Kind.VIEWED, "page/home")
    with django_assert_num_queries(0):
        Browser().post("/seen/", {"seen": said}, headers=OURS)
    assert project.SESSION_COOKIE_NAME not in Browser().cookies
