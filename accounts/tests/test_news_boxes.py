"""The boxes for news at sign-up: none ticked, none required, and no yes before a button in one's own mailbox was pressed."""

import re

import pytest

from accounts.models import User
from accounts.tests.test_sign_up import confirm, is_signed_in, sign_up
from privacy.consent import ledger, notices
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Matter
from privacy.messages.newsroom import NewsletterSignup
from privacy.register import subjects

pytestmark = pytest.mark.django_db


def hears(user):
    return {matter for matter in Matter if matter.needs_channel and ledger.may(user.subject, matter, "email")}


def link_of(mailbox):
    texts = [mail["text"] for mail in mailbox.mails]
    return next(found[0] for text in texts if (found := re.findall(r"/privacy/newsletter/confirm/\?key=\S+", text)))


@pytest.mark.promise("JK-16", "JS-24")
def test_each_topic_has_a_box_of_its_own_and_none_is_ticked(browser):
    browser.says_age()
    page = browser.get("/accounts/signup/").content.decode()
    boxes = re.findall(r'<input type="checkbox" name="(news_[^"]+)"([^>]*)>', page)
    assert [name for name, _ in boxes] == ["news_new_pieces", "news_offers", "news_care"]
    assert [rest for _, rest in boxes if " checked" in rest or " required" in rest] == []
    for topic in ("new_pieces", "offers", "care"):
        label, _, below = notices.text(f"sign_up_{topic}").partition("\n")
        assert label in page
        assert below in page


def test_an_account_without_a_tick_asks_for_nothing_more(browser, mailbox):
    sign_up(browser, "alice@example.com")
    assert mailbox("alice@example.com").kinds == ["accounts.confirm_signup"]
    assert not NewsletterSignup.objects.exists()
    confirm(browser, mailbox("alice@example.com").link)
    assert is_signed_in(browser)
    assert not ConsentRecord.objects.exists()


@pytest.mark.promise("JS-06", "SG-06", "JK-16")
def test_a_tick_is_a_yes_once_its_button_in_the_mailbox_was_pressed(browser, mailbox, bob):
    sign_up(browser, "alice@example.com", news_offers="on", news_care="on")
    box = mailbox("alice@example.com")
    assert sorted(box.kinds) == ["accounts.confirm_signup", "privacy.newsletter_confirm"]
    confirm(browser, box.link)
    alice = User.objects.get(email="alice@example.com")
    assert (hears(alice), ConsentRecord.objects.count()) == (set(), 0), "an account is no yes"
    confirm(browser, link_of(box))
    assert (hears(alice), hears(bob)) == ({Matter.OFFERS, Matter.CARE}, set())
    said = [(r.matter, r.surface, r.notice.text, r.network) for r in ledger.history(alice.subject)]
    network = "127.0.0.0/24"
    assert sorted(said) == [
        ("care", "sign_up", notices.text("sign_up_care"), network),
        ("offers", "sign_up", notices.text("sign_up_offers"), network),
    ]


def test_a_strangers_account_on_ones_address_is_never_joined_by_the_news_link(browser, other_browser, mailbox):
    """Mallory ticks a box on Bob's address; Bob likes the news, presses the button, and is nobody's but his own."""
    sign_up(browser, "bob@example.com", "mallorys-own-password", news_offers="on")
    confirm(other_browser, link_of(mailbox("bob@example.com")))
    mallory = User.objects.get()
    assert NewsletterSignup.objects.get().subject_id != mallory.subject_id
    assert subjects.root(mallory.subject) != mallory.subject, "her record is his, not the other way round"
    browser.sign_in("bob@example.com", "mallorys-own-password")
    assert not is_signed_in(browser)


def test_known_and_unknown_addresses_get_the_same_page_whatever_is_ticked(browser, other_browser, alice, mailbox):
    known = sign_up(browser, "alice@example.com", news_offers="on")
    unknown = sign_up(other_browser, "nobody@example.com", news_offers="on")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert mailbox("alice@example.com").kinds == ["accounts.already_exists"]
