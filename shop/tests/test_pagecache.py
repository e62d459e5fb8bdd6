"""The page cache: only whole public answers, never across people, variants or parameters it does not know."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from privacy.consent import choice
from privacy.consent.choice import Category, Choice
from shop import pagecache


@pytest.fixture(autouse=True)
def empty_store():
    pagecache.store.clear()
    yield
    pagecache.store.clear()


class Shop:
    """A view that counts how often it was asked."""

    def __init__(self, *parameters, cookie=False, status=200):
        self.asked = 0

        @pagecache.public(*parameters)
        def view(request):
            self.asked += 1
            response = HttpResponse(f"answer {self.asked}", status=status)
            if cookie:
                response.set_cookie("bag", "x")
            return response

        self.middleware = pagecache.PageCacheMiddleware(view)

    def get(self, path="/", cookies=None, **headers):
        request = RequestFactory().get(path, headers=headers)
        request.COOKIES.update(cookies or {})
        return self.middleware(request).content.decode()


def test_the_second_visitor_gets_the_first_ones_page():
    shop = Shop()
    assert [shop.get(), shop.get()] == ["answer 1", "answer 1"]


@pytest.mark.parametrize("cookie", ["sessionid", "bag"])
def test_whoever_carries_a_cookie_passes_the_cache_by_both_ways(cookie):
    shop = Shop()
    assert shop.get(cookies={cookie: "x"}) == "answer 1"
    assert shop.get() == "answer 2"
    assert shop.get(cookies={cookie: "x"}) == "answer 3"


def test_a_privacy_signal_is_a_variant_of_its_own():
    shop = Shop()
    assert [shop.get(), shop.get(**{"sec-gpc": "1"}), shop.get(**{"sec-gpc": "1"}), shop.get()] == [
        "answer 1", "answer 2", "answer 2", "answer 1",
    ]  # fmt: skip


def test_who_carries_only_a_choice_shares_the_page_of_everybody_who_chose_the_same():
    shop, now = Shop(), timezone.now()
    refused, agreed = (
        {"consent": choice.encoded(choice.decide(allowed, before=Choice(), at=now))} for allowed in ((), Category)
    )
    assert [shop.get(), shop.get(cookies=refused), shop.get(cookies=refused)] == ["answer 1", "answer 2", "answer 2"]
    assert [shop.get(cookies=agreed), shop.get(cookies=agreed)] == ["answer 3", "answer 3"]
    assert shop.get(cookies=agreed, **{"sec-gpc": "1"}) == "answer 4"
    assert shop.get(cookies={"consent": "forged"}) == "answer 1"


@pytest.mark.django_db
def test_the_banner_is_part_of_the_page_of_the_undecided_and_of_nobody_elses(settings, django_assert_num_queries):
    settings.PAGE_CACHE_SECONDS = 10
    stranger, refusing = (Client(headers={"Sec-Fetch-Site": "same-origin"}) for _ in range(2))
    refusing.post("/privacy/choices/", {"answer": "refuse"})
    for client in (stranger, refusing):
        client.get("/privacy/opt-out/")
    with django_assert_num_queries(0):
        asked, settled = (client.get("/privacy/opt-out/").text for client in (stranger, refusing))
    assert ('class="consent' in asked, 'class="consent' in settled) == (True, False)


def test_known_parameters_are_part_of_the_key_and_unknown_ones_are_not_kept():
    shop = Shop("page")
    assert [shop.get("/?page=1"), shop.get("/?page=2"), shop.get("/?page=1")] == ["answer 1", "answer 2", "answer 1"]
    assert [shop.get("/?utm=x"), shop.get("/?utm=x")] == ["answer 3", "answer 4"]


@pytest.mark.parametrize("facts", [{"cookie": True}, {"status": 404}, {"status": 302}])
def test_an_answer_with_a_cookie_or_an_error_is_not_kept(facts):
    shop = Shop(**facts)
    assert [shop.get(), shop.get()] == ["answer 1", "answer 2"]


def test_pages_grow_old_and_the_least_used_go_first():
    store = pagecache.PageStore(2)
    keys = [("host", path, "undecided", "") for path in "abc"]
    for key in keys[:2]:
        store.put(key, pagecache.Page(10.0, b"", {}))
    assert store.get(keys[0], 5.0)
    store.put(keys[2], pagecache.Page(10.0, b"", {}))
    assert store.get(keys[1], 5.0) is None
    assert store.get(keys[0], 5.0)
    assert store.get(keys[0], 10.5) is None
