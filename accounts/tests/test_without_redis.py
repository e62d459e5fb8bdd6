"""With Redis away everybody still signs in, quickly, and passwords are still not tried without end."""

import time

import pytest
from django.core.cache import cache

from accounts.tests.conftest import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_redis(settings):
    """A Redis that refuses every connection."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}


def test_signing_in_takes_no_harm(no_redis, alice):
    begun = time.monotonic()
    browser = Browser()
    assert browser.sign_in(alice.email).headers["Location"] == "/account/"
    assert browser.get("/api/v1/me/").status_code == 200
    assert time.monotonic() - begun < 5


def test_passwords_are_still_not_tried_without_end(no_redis, alice):
    for _ in range(5):
        Browser().sign_in(alice.email, "wrong")
    assert "Too many attempts" in Browser().sign_in(alice.email).content.decode()


def test_the_cache_behaves_like_one_while_redis_is_away(no_redis):
    assert cache.get("pearl", "none") == "none"
    assert cache.add("pearl", 1, timeout=60)
    assert not cache.add("pearl", 2, timeout=60)
    assert cache.get_many(["pearl", "opal"]) == {"pearl": 1}
    cache.set("opal", [1, 2])
    assert cache.get("opal") == [1, 2]
    assert "opal" in cache
    cache.delete("opal")
    assert cache.get("opal") is None
