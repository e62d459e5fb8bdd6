"""A guest without a password: the mailed link, and two facts about an order, before a copy leaves the house."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from orders import facts as orders_facts
from orders.models import Order
from privacy.ground import references
from privacy.models import IdentityCheck, Message
from privacy.register import registry, subjects
from privacy.rights import facts, identity, intake, links, requests
from privacy.rights.models import DataRequest, State
from privacy.tests.people import held, someone

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
GWEN, MALLORY = "gwen@example.com", "mallory@example.com"
WRONG = {"number": "LP-2222-2222", "postal_code": "99999"}


def bought(address: str, **changes: object) -> Order:
    """A guest's delivered order, on a person record of its own where the address was only typed."""
    guest = subjects.new(by="test", at=NOON)
    subjects.identify(guest, value=address, by="test", at=NOON)
    facts_of_it = {
        "reference": references.new("LP"), "bag_id": uuid4(), "subject": guest, "state": "delivered", "email": address,
        "full_name": "Gwen Garnet", "ship_name": "Gwen Garnet", "ship_line1": "3 Garnet Lane", "ship_city": "New York",
        "ship_postal_code": "10012-1234", "country": "US", "region": "NY", "currency": "USD", "subtotal_minor": 129_600,
        "shipping_minor": 0, "shipping_method": "insured", "tax_minor": 0, "tax_rate": "0", "is_tax_included": False,
        "total_minor": 129_600, "invoice_number": f"INV-{uuid4().hex[:8]}", "placed_at": NOON - timedelta(days=9),
        "paid_at": NOON - timedelta(days=9), "completed_at": NOON - timedelta(days=2),
    }  # fmt: skip
    return Order.objects.create(**facts_of_it | changes)


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def order():
    return bought(GWEN)


@pytest.fixture
def waiting(order):
    """Gwen's request for a copy, whose link she has followed."""
    return intake.confirm(intake.ask("access", address=GWEN, at=NOON).pk, at=NOON)


def tells(request, answers, at=NOON):
    try:
        return intake.answer_facts(request.pk, answers, at=at)
    except (facts.Wrong, facts.Stopped, facts.TooFew) as refused:
        return type(refused)


def checks(request):
    return [(each.method, each.passed) for each in identity.evidence_of(request)]


# What is asked


def test_the_link_alone_is_not_enough_for_a_copy_of_orders(order, waiting):
    assert (waiting.state, waiting.verified_at, checks(waiting)) == (State.RECEIVED, None, [("link_clicked", True)])
    assert Message.objects.filter(kind="privacy.request_facts").count() == 1


@pytest.mark.promise("JE-87")
def test_the_kinds_of_data_are_told_to_a_guest_after_the_same_two_facts(order):
    waiting = intake.confirm(intake.ask("categories", address=GWEN, at=NOON).pk, at=NOON)
    assert (waiting.state, checks(waiting)) == (State.RECEIVED, [("link_clicked", True)])
    assert tells(waiting, WRONG) is facts.Wrong
    assert tells(waiting, {"number": order.reference, "postal_code": "10012"}).state == State.VERIFIED


@pytest.mark.parametrize(
    "answers",
    [
        {"number": "{reference}", "postal_code": "10012"},
        {"number": "{bare}", "total": "1296"},
        {"postal_code": "10012 1234", "total": "$1,296.00"},
        {"number": "{reference}", "postal_code": "10012-1234", "total": "1.296,00 USD"},
    ],
    ids=["number and code", "number and total", "code and total", "all three"],
)
@pytest.mark.promise("JE-97")
def test_two_facts_of_one_order_verify_the_request(order, waiting, answers):
    written = {"reference": order.reference, "bare": order.reference.replace("-", "").lower()}
    standing = tells(waiting, {slug: typed.format(**written) for slug, typed in answers.items()})
    assert (standing, standing.state, standing.verified_at) == (waiting, State.VERIFIED, NOON)
    assert checks(waiting) == [("link_clicked", True), ("facts", True)]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"number": "{reference}", "postal_code": "10013"}, facts.Wrong),
        ({"number": "{reference}", "total": "12.96"}, facts.Wrong),
        ({"number": "{reference}", "postal_code": "10012", "total": "9"}, facts.Wrong),
        ({"number": "{other}", "postal_code": "10012"}, facts.Wrong),
        ({"number": "{reference}", "street": "3 Garnet Lane"}, facts.Wrong),
        ({"number": "{reference}"}, facts.TooFew),
        ({"number": "{reference}", "postal_code": " "}, facts.TooFew),
        ({}, facts.TooFew),
    ],
    ids=["code", "total", "third", "mixed", "unknown", "one", "blank", "none"],
)
def test_anything_less_verifies_nothing(order, waiting, answers, outcome):
    second = bought(GWEN, ship_postal_code="73301", total_minor=500, subtotal_minor=500)
    subjects.prove(second.subject, value=GWEN, proof=subjects.Proof.LINK_CLICKED, by="test", at=NOON)
    written = {"reference": order.reference, "other": second.reference}
    assert tells(waiting, {slug: typed.format(**written) for slug, typed in answers.items()}) is outcome
    waiting.refresh_from_db()
    assert (waiting.state, IdentityCheck.objects.filter(method="facts", passed=True).count()) == (State.RECEIVED, 0)


def test_what_she_paid_with_is_never_among_the_questions_and_nothing_is_asked_that_is_not_held():
    (asked,) = registry.known_by()
    assert [fact.slug for fact in asked.asks] == ["number", "postal_code", "total"]


@pytest.mark.parametrize("kind", ["erasure"])
def test_an_erasure_asks_for_no_facts(order, kind):
    request = intake.confirm(intake.ask(kind, address=GWEN, at=NOON).pk, at=NOON)
    assert (request.state, checks(request)) == (State.VERIFIED, [("link_clicked", True)])


def test_where_no_order_is_held_the_link_is_all_there_is_to_ask():
    request = intake.confirm(intake.ask("access", address=MALLORY, at=NOON).pk, at=NOON)
    assert (request.state, checks(request)) == (State.VERIFIED, [("link_clicked", True)])


def test_an_order_that_was_erased_is_not_asked_about(order):
    Order.objects.filter(pk=order.pk).update(email="", ship_postal_code="")
    request = intake.confirm(intake.ask("access", address=GWEN, at=NOON).pk, at=NOON)
    assert request.state == State.VERIFIED


def test_bobs_facts_are_no_proof_of_gwen(waiting):
    his = bought("bob@example.com")
    assert tells(waiting, {"number": his.reference, "postal_code": "10012"}) is facts.Wrong


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("1296", "USD", 129_600), ("1,296.00", "USD", 129_600), ("1.296,50 €", "EUR", 129_650), ("$0.99", "USD", 99),
        ("USD 1 296", "USD", 129_600), ("12.96", "USD", 1_296), ("129600", "JPY", 129_600), ("129,600", "JPY", 129_600),
    ],
)  # fmt: skip
def test_a_sum_is_read_however_it_is_written(typed, currency, minor):
    assert orders_facts._is_total(Order(currency=currency, total_minor=minor), typed)
    assert not orders_facts._is_total(Order(currency=currency, total_minor=minor + 1), typed)


@pytest.mark.parametrize("typed", ["", ".", "no idea", "-", "1" * 60, "١٢٩٦"])
def test_nonsense_is_no_sum(typed):
    assert not orders_facts._is_total(Order(currency="USD", total_minor=0 if typed == "-" else 129_600), typed)


# How often


def test_five_wrong_answers_stop_the_questions_for_a_day(order, waiting):
    right = {"number": order.reference, "postal_code": "10012"}
    hours = [NOON + timedelta(hours=hour) for hour in range(5)]
    assert [tells(waiting, WRONG, at) for at in hours] == [facts.Wrong] * 5
    last = hours[-1]
    assert tells(waiting, right, last + timedelta(hours=23, minutes=59)) is facts.Stopped
    assert checks(waiting).count(("facts", False)) == 5, "while they rest, a try is none"
    assert tells(waiting, right, last + timedelta(days=1)).state == State.VERIFIED


def test_after_the_day_five_more_may_be_tried_and_not_one(order, waiting):
    for _ in range(5):
        tells(waiting, WRONG)
    next_day = NOON + timedelta(days=1)
    tries = [tells(waiting, WRONG, next_day + timedelta(minutes=minute)) for minute in range(1, 7)]
    assert tries == [facts.Wrong] * 5 + [facts.Stopped]


def test_another_request_brings_no_new_tries(order, waiting):
    for _ in range(5):
        tells(waiting, WRONG)
    again = intake.confirm(intake.ask("access", address=GWEN, at=NOON).pk, at=NOON)
    assert again != waiting
    assert tells(again, {"number": order.reference, "postal_code": "10012"}) is facts.Stopped


def test_mallory_without_the_mailbox_cannot_use_up_gwens_tries(order):
    for _ in range(9):
        request = intake.ask("access", address=GWEN, at=NOON)
        if request:
            with pytest.raises(intake.AlreadyUsed):
                intake.answer_facts(request.pk, WRONG, at=NOON)
    assert not IdentityCheck.objects.exists()


def test_the_signed_in_person_is_never_stopped_by_them(order):
    alice = someone("alice")
    bought(alice.email)
    asked = intake.confirm(intake.ask("access", address=alice.email, at=NOON).pk, at=NOON)
    for _ in range(5):
        tells(asked, WRONG)
    mine = requests.receive("access", subject=alice.subject, contact=alice.email, by=alice.user, at=NOON)
    assert requests.verify(mine, evidence="reauthenticated", by=alice.user, at=NOON).state == State.VERIFIED


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_ten_at_once_get_five_tries(order, waiting):
    outcomes = []

    def tries():
        outcomes.append(tells(waiting, WRONG))
        connection.close()

    threads = [threading.Thread(target=tries) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(each.__name__ for each in outcomes) == ["Stopped"] * 5 + ["Wrong"] * 5
    assert IdentityCheck.objects.filter(method="facts", passed=False).count() == 5


# Two at once


def test_a_second_request_of_hers_is_joined_with_the_older_once_she_is_known(order, waiting):
    later = NOON + timedelta(days=2)
    again = intake.confirm(intake.ask("access", address=GWEN, at=later).pk, at=later)
    standing = tells(again, {"number": order.reference, "postal_code": "10012"}, later)
    again.refresh_from_db()
    assert (standing, again.state, again.joined_to) == (waiting, State.JOINED, waiting)
    assert standing.due_at == waiting.due_at, "the older clock goes on"


def test_the_mailed_link_works_once(order, waiting):
    with pytest.raises(intake.AlreadyUsed):
        intake.confirm(waiting.pk, at=NOON)
    assert Visitor().get(links.path(waiting, links.Use.CONFIRM)).status_code == 410


# The page


class Visitor(Client):
    """A browser without a session."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})


def test_the_page_asks_and_says_the_same_whichever_answer_was_wrong(order):
    bob = someone("bob")
    before = held(bob)
    visitor = Visitor()
    visitor.post("/privacy/request/", {"kind": "access", "email": GWEN})
    request = DataRequest.objects.get()
    answer = visitor.post(links.path(request, links.Use.CONFIRM))
    page = answer["Location"]
    assert page.startswith("/privacy/request/facts/?key=")
    asked = visitor.get(page)
    assert (asked.status_code, order.reference in asked.content.decode()) == (200, False)
    wrong = [
        visitor.post(page, {"number": order.reference, "postal_code": "99999"}),
        visitor.post(page, {"number": "LP-2222-2222", "postal_code": "10012"}),
    ]
    told = [answer.content.decode().split('role="alert"')[1].split("</div>")[0] for answer in wrong]
    assert ([each.status_code for each in wrong], told[0]) == ([400, 400], told[1])
    done = visitor.post(page, {"number": order.reference, "postal_code": "10012"})
    assert done["Location"].startswith("/privacy/request/follow/?key=")
    assert visitor.post(page, {"number": order.reference, "postal_code": "10012"}).status_code == 410
    assert held(bob) == before


def test_one_answer_is_no_try(order, waiting):
    page = links.path(waiting, links.Use.FACTS)
    answer = Visitor().post(page, {"number": "LP-2222-2222"})
    assert (answer.status_code, "Answer two" in answer.content.decode()) == (400, True)
    assert checks(waiting) == [("link_clicked", True)]


def test_the_page_rests_after_five_and_says_until_when(order, waiting):
    visitor, page = Visitor(), links.path(waiting, links.Use.FACTS)
    answers = [visitor.post(page, WRONG).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]
    shown = visitor.get(page)
    assert (shown.status_code, "rest for a day" in shown.content.decode()) == (429, True)


def test_another_requests_key_and_a_link_for_something_else_open_nothing(waiting):
    key = links.key(waiting, links.Use.FOLLOW)
    assert Visitor().get(f"/privacy/request/facts/?key={key}").status_code == 404
