"""The policy and its neighbours: open to everybody, without a cookie, in the words of the shop one is in."""

from __future__ import annotations

import pytest

from privacy.register import profiles
from privacy.tests.browsers import visitor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "page",
    [
        "/privacy/",
        "/privacy/cookies/",
        "/privacy/opt-out/",
        "/privacy/certificate/",
        "/privacy/request/",
        "/privacy/request/asked/",
    ],
)
def test_a_public_page_sets_no_cookie(page):
    answer = visitor().get(page)
    assert answer.status_code == 200
    assert not answer.cookies


@pytest.mark.promise("JS-36", "JK-02", "JE-01")
def test_the_policy_names_everything_the_register_holds():
    from django.utils.html import escape

    from privacy.register import registry

    page = visitor().get("/privacy/").content.decode()
    assert [each.label for each in registry.all_declared() if escape(each.label) not in page] == []
    assert [each.name for each in registry.processors() if escape(each.name) not in page] == []


@pytest.mark.parametrize(
    ("value", "honoured"), [("1", True), ("0", False), ("true", False), ("", False), ("0, 1", True)]
)
@pytest.mark.promise("JK-12", "JE-63", "JH-26", "JE-89")
def test_the_signal_is_honoured_and_shown(value, honoured):
    page = visitor().get("/privacy/opt-out/", headers={"Sec-GPC": value}).content.decode()
    assert ("Opt-out signal honoured" in page) is honoured


@pytest.mark.parametrize("policy", profiles.slugs())
@pytest.mark.promise("JK-02", "JE-01")
def test_every_shop_has_its_policy_in_its_own_words(settings, policy):
    settings.LOUPE_POLICY, settings.PAGE_CACHE_SECONDS = policy, 0
    shop, page = profiles.current(), visitor().get("/privacy/").content.decode()
    reply = shop.clocks.first_reply_hours
    assert (f"{reply} hours" if reply else f"{shop.clocks.first_reply_business_days} business days") in page
    for words in (shop.contact.email, f"people of {shop.ages.alone_from} and older", f"below {shop.ages.erased_below}"):
        assert words in page
    assert ("a parent or guardian may buy" in page) is (shop.ages.parent_from is not None)
    assert ("nothing of the card" in page) is (shop.card_facts == ())


@pytest.mark.promise("JE-117")
def test_the_well_known_files():
    assert visitor().get("/.well-known/gpc.json").json() == {"gpc": True, "lastUpdate": "2026-11-01"}
    text = visitor().get("/.well-known/security.txt").content.decode()
    assert text.startswith("Contact: mailto:privacy@janeellen.example\nExpires: ")
