"""Pieces picked for one customer: only where they switched it on, from what is theirs alone, each with its reason."""

import re
from datetime import timedelta

import pytest

from orders import recommended
from orders.models import Order, OrderLine
from orders.tests.conftest import NOON, Browser, make_user
from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Matter, Surface
from privacy.register import objections, subjects
from privacy.register.vocabulary import Purpose
from shop.models import Activity
from shop.tests.goods import make_category, make_piece
from tests.retention import aged

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_remembered(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def alice(db):
    return make_user("alice@example.com")


@pytest.fixture
def bob(db):
    return make_user("bob@example.com")


@pytest.fixture
def rings(db):
    """Five rings, in the order of their shelf."""
    style = make_category("solitaire-rings", name="Solitaire rings")
    return [make_piece(style, name=name) for name in ("Alba", "Brisa", "Cala", "Dora", "Elba")]


@pytest.fixture
def studs(db):
    style = make_category("stud-earrings", name="Stud earrings")
    return [make_piece(style, name=name) for name in ("Fara", "Gala")]


def says(user, decide, **more):
    return decide(user.subject, Matter.RECOMMENDATIONS, surface=Surface.PREFERENCES, by=user, at=NOON, **more)


def switches_on(user):
    says(user, ledger.grant, notice=notices.current("recommendations"))


def buys(user, piece, *, at=NOON, **changes):
    order = aged.order(at, subject=user.subject, **changes)
    OrderLine.objects.filter(order=order).update(variant=piece.variants.get())


def looks_at(user, piece, *, at=NOON):
    Activity.objects.create(kind="viewed", object_ref=f"product/{piece.slug}", subject_id=user.subject.pk, at=at)


def picked(user):
    return [(each.card.name, each.why) for each in recommended.for_customer(user.subject)]


@pytest.mark.promise("JE-23")
def test_nothing_is_picked_before_somebody_switches_it_on_nor_after_they_switch_it_off(alice, bob, rings):
    switches_on(bob)
    buys(alice, rings[0])
    assert picked(alice) == []
    switches_on(alice)
    assert len(picked(alice)) == 4
    says(alice, ledger.withdraw)
    assert picked(alice) == []
    assert picked(bob) == []


@pytest.mark.promise("JE-23", "JE-91")
@pytest.mark.parametrize("rests", ["restricted", "objects"])
def test_nothing_is_picked_from_data_that_rest_whatever_was_agreed_to(alice, bob, rings, rests):
    for person in (alice, bob):
        switches_on(person)
        buys(person, rings[0])
        looks_at(person, rings[1])
    if rests == "restricted":
        subjects.restrict(alice.subject, reason=subjects.Reason.ASKED, by=alice, at=NOON)
    else:
        objections.note(alice.subject, Purpose.RECOMMENDATIONS, by=alice, at=NOON)
    assert (picked(alice), len(picked(bob))) == ([], 3)


@pytest.mark.promise("JE-23")
def test_each_piece_says_why_it_is_there(alice, rings, studs):
    switches_on(alice)
    buys(alice, rings[0])
    looks_at(alice, studs[0], at=NOON + DAY)
    bought = "You bought Alba on 24 October 2026. This is of the same style, solitaire rings."
    seen = "You looked at Fara on 3 November 2026. This is of the same style, stud earrings."
    assert picked(alice) == [("Brisa", bought), ("Gala", seen), ("Cala", bought), ("Dora", bought)]


def test_what_somebody_has_is_never_picked(alice, rings):
    switches_on(alice)
    for piece in rings[:4]:
        buys(alice, piece)
    looks_at(alice, rings[1])
    assert {name for name, _ in picked(alice)} == {"Elba"}


@pytest.mark.parametrize("state", ["cancelled", "refunded"])
def test_what_went_back_says_nothing(alice, rings, state):
    switches_on(alice)
    buys(alice, rings[0], state=state)
    assert picked(alice) == []


def test_only_their_own_orders_play_a_part_a_guest_order_of_theirs_too(alice, bob, rings, studs):
    switches_on(alice)
    buys(bob, rings[0])
    assert picked(alice) == []
    guest = subjects.new(by="system:test", at=NOON)
    subjects.identify(guest, value=alice.email, by="system:test", at=NOON)
    order = aged.order(NOON, subject=guest)
    OrderLine.objects.filter(order=order).update(variant=studs[0].variants.get())
    assert picked(alice) == [], "an address that was typed proves nothing"
    proof = subjects.Proof.EMAIL_CONFIRMED
    subjects.prove(alice.subject, value=alice.email, proof=proof, by=alice, at=NOON)
    assert [name for name, _ in picked(alice)] == ["Gala"]


def test_a_hundred_orders_cost_no_more_than_one(alice, rings, django_assert_max_num_queries):
    switches_on(alice)
    for _ in range(20):
        buys(alice, rings[0])
    with django_assert_max_num_queries(9):
        assert len(picked(alice)) == 4
    assert Order.objects.count() == 20


# Where they stand


def test_they_stand_on_the_account_page_with_the_way_to_switch_them_off(alice, bob, rings):
    browser = Browser()
    browser.force_login(alice)
    buys(alice, rings[0])
    assert "Picked for you" not in browser.get("/account/").content.decode()
    switches_on(alice)
    page = browser.get("/account/").content.decode()
    place = page[page.index('id="picked"') :]
    assert place.count("Why am I shown this?") == place.count("You bought Alba on ") == 4
    assert '<a href="/account/preferences/#picks">Switch it off</a>' in place


def test_the_pieces_of_a_product_page_are_the_same_for_everybody_and_say_why(alice, rings):
    """With the switch on or off, with orders or without: nothing personal stands there, so nothing personal may be said."""
    pages = []
    for prepare in (lambda: None, lambda: buys(alice, rings[3]), lambda: switches_on(alice)):
        prepare()
        browser = Browser()
        browser.force_login(alice)
        page = browser.get(rings[0].get_absolute_url()).content.decode()
        pages.append(page[page.index('<section class="related">') : page.index("</main>")])
    assert pages == [pages[0]] * 3
    assert re.findall(r'piece__name">([^<]+)<', pages[0]) == ["Brisa", "Cala", "Dora", "Elba"]
    assert "Why am I shown these?" in pages[0]
    assert "Each is of the same style as this one, solitaire rings, in the order of the shelf." in pages[0]
    assert "Nothing about you was used" in pages[0]
