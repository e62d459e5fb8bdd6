"""The page of preferences: one form, recorded by what changed, taken back by one press; and the same behind a mailed link."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from privacy.consent import ledger, links, notices, preferences
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Matter, Surface
from privacy.messages import suppressions, wishes
from privacy.messages.wishes import Said
from privacy.models import Preference
from privacy.register import subjects
from privacy.tests.people import NOON, asks, mails, someone

pytestmark = pytest.mark.django_db

PAGE = "/account/preferences/"
ALL = {"frequency": "all"}


@pytest.fixture
def bob():
    """Bob said yes to something before, and nothing of his may change."""
    bob = someone("bob")
    grants(bob.subject, Matter.OFFERS, "email")
    return bob


def grants(subject, matter, channel="", about=""):
    notice = notices.current("preferences")
    return ledger.grant(
        subject, matter, channel=channel, about=about, notice=notice, surface=Surface.PREFERENCES, by=subject, at=NOON
    )


def browser_of(person):
    browser = Client(headers={"Sec-Fetch-Site": "same-origin"}, REMOTE_ADDR="203.0.113.77")
    if person is not None:
        browser.force_login(person.user)
    return browser


def on(subject):
    """What is switched on, as the ledger answers."""
    return {wishes.name_of(thing) for thing, state in ledger.standing(subject).items() if state.is_granted}


def main_of(answer):
    """What stands between the header and the footer."""
    page = answer.content.decode()
    return page[page.index("<main") : page.index("</main>")]


def switches(answer):
    """Each switch of the page with whether it is on, as a browser would show it."""
    inputs = re.findall(r'<input type="checkbox" name="([^"]+)"([^>]*)>', main_of(answer))
    return {name: " checked" in rest for name, rest in inputs}


def hidden(answer, name):
    found = re.search(rf'<input type="hidden" name="{name}"(?: value="([^"]*)")?', main_of(answer))
    return found and (found[1] or "")


def save(browser, page=PAGE, **changes):
    """Open the page, change some switches, press *Save*: as a browser sends it, with what the page held."""
    opened = browser.get(page)
    sent = {name: "on" for name, is_on in {**switches(opened), **changes}.items() if is_on is True}
    rest = {name: value for name, value in changes.items() if isinstance(value, str)}
    return browser.post(
        page,
        {**ALL, "seen": hidden(opened, "seen"), "read_in": hidden(opened, "read_in"), **sent, **rest, "do": "save"},
    )


def records(subject):
    return [(r.matter, r.channel, r.decision, r.surface) for r in ledger.history(subject).order_by("id")]


# Signed in


def test_everything_is_off_until_it_is_switched_on(alice):
    answer = browser_of(alice).get(PAGE)
    assert switches(answer) == {
        "new_pieces-email": False,
        "offers-email": False,
        "care-email": False,
        "recommendations": False,
    }
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize("shop", ["jskeuc", "jessies_selection"])
def test_a_shop_that_writes_in_three_ways_asks_for_each_of_them(alice, settings, shop):
    settings.LOUPE_POLICY = shop
    asked = {f"{topic}-{way}" for topic in ("new_pieces", "offers", "care") for way in ("email", "sms", "post")}
    answer = browser_of(alice).get(PAGE)
    partners = {"partner_marketing--lumen"} if shop == "jskeuc" else set()
    assert set(switches(answer)) == asked | {"recommendations"} | partners
    assert notices.text("text_messages") in answer.content.decode()


@pytest.mark.promise("JK-32", "JS-11")
def test_a_topic_is_switched_on_by_itself_and_by_its_way_alone(alice, bob, settings):
    settings.LOUPE_POLICY = "jskeuc"
    save(browser_of(alice), **{"offers-sms": True})
    assert on(alice.subject) == {"offers-sms"}
    assert on(bob.subject) == {"offers-email"}
    assert records(alice.subject) == [("offers", "sms", "granted", "preferences")]
    kept = ConsentRecord.objects.get(subject_id=alice.subject.pk)
    assert (kept.notice.slug, kept.notice.text) == ("text_messages", notices.text("text_messages"))
    assert kept.network == "203.0.113.0/24"


def test_only_what_changed_is_written_down(alice, bob):
    browser = browser_of(alice)
    save(browser, **{"new_pieces-email": True, "care-email": True})
    save(browser, **{"care-email": False})
    answer = save(browser)
    assert "nothing was changed" in answer.content.decode()
    assert records(alice.subject) == [
        ("care", "email", "granted", "preferences"),
        ("new_pieces", "email", "granted", "preferences"),
        ("care", "email", "withdrawn", "preferences"),
    ]
    assert on(alice.subject) == {"new_pieces-email"}


def test_a_page_left_open_elsewhere_switches_nothing_on_again(alice):
    browser = browser_of(alice)
    save(browser, **{"offers-email": True})
    stale = browser.get(PAGE)
    save(browser, **{"offers-email": False})
    browser.post(PAGE, {**ALL, "seen": hidden(stale, "seen"), "offers-email": "on", "care-email": "on", "do": "save"})
    assert on(alice.subject) == {"care-email"}


def test_undo_puts_everything_back_and_the_ledger_keeps_both_words(alice, bob):
    browser = browser_of(alice)
    save(browser, **{"offers-email": True})
    answer = save(browser, **{"offers-email": False, "care-email": True, "frequency": "weekly"})
    assert (on(alice.subject), preferences.of(alice.subject).frequency) == ({"care-email"}, "weekly")
    answer = browser.post(PAGE, {"do": "undo", "key": hidden(answer, "key")})
    assert "as it was before" in answer.content.decode()
    assert (on(alice.subject), preferences.of(alice.subject).frequency) == ({"offers-email"}, "all")
    assert len(records(alice.subject)) == 5
    assert on(bob.subject) == {"offers-email"}


def test_undo_is_for_an_hour_and_for_nobody_else(alice, bob, monkeypatch):
    key = hidden(save(browser_of(alice), **{"offers-email": True}), "key")
    answer = browser_of(bob).post(PAGE, {"do": "undo", "key": key})
    assert answer.status_code == 409
    monkeypatch.setattr(wishes, "UNDO_WITHIN", timedelta(0))
    assert browser_of(alice).post(PAGE, {"do": "undo", "key": key}).status_code == 409
    assert (on(alice.subject), on(bob.subject)) == ({"offers-email"}, {"offers-email"})


@pytest.mark.promise("JE-34", "JE-84", "SG-13")
def test_everything_is_withdrawn_with_one_press(alice, bob):
    for matter, channel, about in (
        (Matter.OFFERS, "email", ""),
        (Matter.CARE, "post", ""),
        (Matter.RECOMMENDATIONS, "", ""),
        (Matter.USE_PHOTO, "", "RV-7F3K-92QD"),
    ):
        grants(alice.subject, matter, channel, about)
    grants(alice.subject, Matter.PERFORMANCE)
    answer = browser_of(alice).post(PAGE, {"do": "withdraw"})
    assert on(alice.subject) == {"performance"}, "a browser's cookies are said in its settings"
    assert on(bob.subject) == {"offers-email"}
    browser_of(alice).post(PAGE, {"do": "undo", "key": hidden(answer, "key")})
    assert len(on(alice.subject)) == 5


def test_what_was_agreed_to_elsewhere_can_be_switched_off_here(alice):
    grants(alice.subject, Matter.USE_PHOTO, about="RV-7F3K-92QD")
    browser = browser_of(alice)
    answer = browser.get(PAGE)
    assert "Showing your photo (RV-7F3K-92QD)" in answer.content.decode()
    save(browser, **{"use_photo--RV-7F3K-92QD": False})
    assert on(alice.subject) == set()
    assert "use_photo--RV-7F3K-92QD" not in switches(browser.get(PAGE))


def test_an_address_that_is_not_written_to_shows_as_off_and_a_yes_ends_that(alice):
    grants(alice.subject, Matter.OFFERS, "email")
    suppressions.raise_for("email", alice.email, reason="unsubscribed", by="system:test", at=NOON)
    browser = browser_of(alice)
    assert switches(browser.get(PAGE))["offers-email"] is False
    save(browser)
    assert suppressions.stops("email", alice.email, marketing=True)
    save(browser, **{"offers-email": True})
    assert not suppressions.stops("email", alice.email, marketing=True)
    assert switches(browser.get(PAGE))["offers-email"] is True


def test_a_wish_the_shop_does_not_have_changes_nothing(alice):
    answer = save(browser_of(alice), frequency="hourly", **{"offers-email": True})
    assert answer.status_code == 422
    assert (on(alice.subject), Preference.objects.count()) == (set(), 0)


def test_the_page_asks_for_language_and_currency_only_where_there_is_a_choice(alice, settings):
    browser = browser_of(alice)
    page = browser.get(PAGE).content.decode()
    assert '<select name="language"' in page
    assert "The pages of the shop are in English." in page
    assert "Prices are in US dollars" in page
    settings.LOUPE_CURRENCIES = ("USD", "EUR")
    assert '<select name="currency"' in browser.get(PAGE).content.decode()
    save(browser, currency="EUR")
    assert preferences.of(alice.subject).currency == "EUR"


# What was said


def test_every_choice_stands_there_with_the_words_it_was_about(alice, bob):
    browser = browser_of(alice)
    save(browser, **{"offers-email": True})
    save(browser, **{"offers-email": False})
    page = browser.get(PAGE).content.decode()
    made = page[page.index('id="made"') :]
    assert re.findall(r'data-label="Choice">([^<]+)<', made) == ["Withdrawn", "Yes"]
    assert made.count(notices.text("preferences")) == 2
    assert made.count("<tr>") == 3
    for said in ledger.history(alice.subject):
        path = f"/account/preferences/receipts/{said.receipt}.json"
        assert f'href="{path}"' in made
        assert str(said.receipt) in browser.get(path).content.decode()
    assert str(ledger.history(bob.subject).get().receipt) not in made


def test_a_long_history_is_read_page_by_page_at_one_cost(alice, django_assert_max_num_queries):
    browser = browser_of(alice)
    for _ in range(15):
        grants(alice.subject, Matter.OFFERS, "email")
        ledger.withdraw(alice.subject, Matter.OFFERS, channel="email", surface=Surface.STOP, by="system:test", at=NOON)
    with django_assert_max_num_queries(23):
        first = browser.get(PAGE).content.decode()
    with django_assert_max_num_queries(23):
        second = browser.get(PAGE, {"page": 2}).content.decode()
    assert (first.count('data-label="Choice"'), second.count('data-label="Choice"')) == (20, 10)


# Behind the link of a message


def link(person):
    return links.path(person.subject)


def test_the_link_shows_the_choices_and_nothing_else(alice, bob):
    grants(alice.subject, Matter.OFFERS, "email")
    answer = Client().get(link(alice))
    page = answer.content.decode()
    assert switches(answer)["offers-email"] is True
    assert [word for word in alice.words if word in page] == []
    assert [str(said.receipt) for said in ledger.history(alice.subject) if str(said.receipt) in page] == []
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


def test_opening_the_link_changes_nothing(alice):
    grants(alice.subject, Matter.OFFERS, "email")
    for _ in range(3):
        Client().get(link(alice))
    Client().head(link(alice))
    assert on(alice.subject) == {"offers-email"}
    assert len(records(alice.subject)) == 1


@pytest.mark.promise("JE-34", "JE-84", "SG-13")
def test_everything_can_be_withdrawn_behind_the_link_with_one_press_and_no_login(alice, bob):
    grants(alice.subject, Matter.OFFERS, "email")
    grants(alice.subject, Matter.RECOMMENDATIONS)
    answer = browser_of(None).post(link(alice), {"do": "withdraw"})
    assert (on(alice.subject), on(bob.subject)) == (set(), {"offers-email"})
    browser_of(None).post(link(alice), {"do": "undo", "key": hidden(answer, "key")})
    assert on(alice.subject) == {"offers-email", "recommendations"}


def test_one_thing_can_be_switched_off_behind_the_link_and_nothing_on(alice):
    grants(alice.subject, Matter.OFFERS, "email")
    browser = browser_of(None)
    page = link(alice)
    held = main_of(browser.get(page))
    assert {
        name for name, rest in re.findall(r'<input type="checkbox" name="([^"]+)"([^>]*)>', held) if " disabled" in rest
    } == {
        "new_pieces-email",
        "care-email",
        "recommendations",
    }
    save(browser, page, **{"offers-email": False, "care-email": True, "recommendations": True, "frequency": "monthly"})
    assert on(alice.subject) == set()
    assert preferences.of(alice.subject).frequency == "monthly"


def forged(alice):
    yield link(alice)[:-3]
    yield "/preferences/"
    yield "/preferences/?key=%00%C3%A9"
    yield link(alice) + "A" * 9_000


@pytest.mark.parametrize("number", range(4))
def test_a_forged_link_still_lets_people_leave_by_typing_their_address(alice, number):
    path = list(forged(alice))[number]
    for answer in (browser_of(None).get(path), browser_of(None).post(path, {"do": "withdraw"})):
        assert answer.status_code == 404
        assert 'action="/privacy/unsubscribe/by-address/"' in answer.content.decode()


def test_a_link_that_expired_says_so_and_lets_people_leave(alice, monkeypatch):
    monkeypatch.setattr(links, "LIVES", timedelta(seconds=-10))
    answer = browser_of(None).get(link(alice))
    assert answer.status_code == 410
    assert "has expired" in answer.content.decode()
    assert 'action="/privacy/unsubscribe/by-address/"' in answer.content.decode()


def test_a_link_of_somebody_erased_looks_like_a_forged_one(alice, bob):
    path = link(alice)
    subjects.mark_erased(alice.subject, by="system:test", at=NOON)
    gone, wrong = browser_of(None).get(path), browser_of(None).get(link(bob)[:-3])
    assert (gone.status_code, main_of(gone)) == (wrong.status_code, main_of(wrong)) == (404, main_of(gone))


def test_saving_twice_at_once_is_saving_once(alice):
    said = Said(Surface.PREFERENCES, "", by=alice.user, at=timezone.now())
    wanted = wishes.standing(alice.subject)
    change = wishes.save(alice.subject, wanted, seen=wanted.yes, said=said)
    assert not change
    assert records(alice.subject) == []


# As easy to take back as to give (GDPR Art. 7(3))


class Hand:
    """Somebody at a page: opens links, moves switches, presses buttons, and each of these is a click."""

    def __init__(self, person):
        self.browser, self.clicks, self.page = browser_of(person), 0, None

    def opens(self, path):
        """Follow a link of the page that is open; the first page is where one is."""
        if self.page is not None:
            assert f'href="{path}"' in self.page.content.decode(), path
            self.clicks += 1
        self.page = self.browser.get(path, follow=True)
        assert self.page.status_code == 200
        return self

    def switches(self, **wanted):
        held = switches(self.page)
        moved = {name for name, is_on in wanted.items() if held[name] is not is_on}
        self.clicks += len(moved)
        self.sent = {name: "on" for name, is_on in {**held, **wanted}.items() if is_on}
        return self

    def saves(self):
        self.clicks += 1
        fields = {**ALL, "seen": hidden(self.page, "seen"), **self.sent, "do": "save"}
        self.page = self.browser.post(self.page.request["PATH_INFO"], fields)
        return self

    def presses(self, do):
        assert f'name="do" value="{do}"' in main_of(self.page)
        self.clicks += 1
        self.page = self.browser.post(self.page.request["PATH_INFO"], {"do": do})
        return self


THINGS = [f"{topic}-{way}" for topic in ("new_pieces", "offers", "care") for way in ("email", "sms", "post")]


@pytest.mark.promise("JE-84")
@pytest.mark.parametrize("name", [*THINGS, "recommendations"])
def test_taking_back_takes_no_more_clicks_than_giving(alice, settings, name):
    settings.LOUPE_POLICY = "jskeuc"
    giving = Hand(alice).opens("/account/").opens(PAGE).switches(**{name: True}).saves()
    assert on(alice.subject) == {name}
    taking = Hand(alice).opens("/account/").opens(PAGE).switches(**{name: False}).saves()
    assert on(alice.subject) == set()
    assert (taking.clicks, giving.clicks) == (3, 3)


@pytest.mark.promise("JE-84")
def test_taking_everything_back_takes_fewer_clicks_than_giving_any_of_it(alice, settings):
    settings.LOUPE_POLICY = "jskeuc"
    giving = Hand(alice).opens("/account/").opens(PAGE).switches(**dict.fromkeys(THINGS, True)).saves()
    assert on(alice.subject) == set(THINGS)
    taking = Hand(alice).opens("/account/").opens(PAGE).presses("withdraw")
    assert on(alice.subject) == set()
    assert (taking.clicks, giving.clicks) == (2, 1 + len(THINGS) + 1)


def test_the_link_stands_at_the_foot_of_every_mail_and_leads_to_its_reader(alice, bob):
    for person in (alice, bob):
        asks(person)
    for person in (alice, bob):
        mail = next(mail for mail in mails() if mail.subject == person.subject)
        (path,) = set(re.findall(r"/preferences/\?key=[\w-]+", mail.payload["text"]))
        assert path in mail.payload["html"]
        assert switches(browser_of(None).get(path))["offers-email"] is (person is bob)
