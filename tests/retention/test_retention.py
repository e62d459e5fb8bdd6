"""Retention over the whole shop: what is past due goes to the day, what is younger or held stays, and twice is once."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings

from accounts.models import User
from orders.models import InvoiceCounter, Order, SoldCertificate
from privacy.models import AuditEvent, DataRequest, Subject
from privacy.register import registry
from privacy.rights import retention
from privacy.tests.people import held as rows_of
from tests.retention import aged
from tests.retention.clock import AT, BY, all_rows, apply, counts, moment, said

pytestmark = pytest.mark.django_db


# One line for each kind of row with a clock: how it is made, when it started for the youngest that goes on 29 February 2028 at
# noon, and for the oldest that stays.
AGES = [
    ("orders.Order", aged.order, "2021-02-28T12:00:00", "2021-03-01T00:00:00"),
    ("orders.SoldCertificate", aged.certificate_of_a_stone, "2018-02-28T12:00:00", "2018-03-01T00:00:00"),
    ("orders.Paper", aged.paper, "2018-02-28T12:00:00", "2018-03-01T00:00:00"),
    ("orders.Share", aged.share, "2027-12-01T12:00:00", "2027-12-01T12:00:01"),
    ("orders.Bag", aged.bag, "2028-01-30T12:00:00", "2028-01-30T12:00:01"),
    ("orders.WebhookEvent", aged.webhook, "2027-12-01T12:00:00", "2027-12-01T12:00:01"),
    ("accounts.ApiToken", aged.key_to_the_api, "2027-12-01T12:00:00", "2027-12-01T12:00:01"),
    ("accounts.Session", aged.session, "2028-02-29T12:00:00", "2028-02-29T12:00:01"),
    ("account.EmailConfirmation", aged.confirmation, "2028-02-26T12:00:00", "2028-02-26T12:00:01"),
    ("admin.LogEntry", aged.log_entry, "2026-02-28T23:59:59", "2026-03-01T00:00:00"),
    ("accounts.Clearance", aged.clearance, "2025-02-28T23:59:59", "2025-03-01T00:00:00"),
    ("shop.Activity", aged.activity, "2026-02-28T23:59:59", "2026-03-01T00:00:00"),
    ("shop.Review", aged.review, "2025-02-28T12:00:00", "2025-03-01T00:00:00"),
    ("privacy.AnnouncementDelivery", aged.announced, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.Demand", aged.answered_demand, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.MisusedAccount", aged.misused_account, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.Message", aged.message, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.ListedLetter", aged.letter_to_be_printed, "2028-02-15T12:00:00", "2028-02-15T12:00:01"),
    ("privacy.PartnerListed", aged.on_a_partners_list, "2028-02-15T12:00:00", "2028-02-15T12:00:01"),
    ("privacy.SoftOptIn", aged.soft_opt_in, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.NewsletterSignup", aged.signup, "2028-02-22T12:00:00", "2028-02-22T12:00:01"),
    ("privacy.InboundMail", aged.mail_to_us, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.AuditEvent", aged.event, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.Disclosure", aged.disclosure, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.DataRequest", aged.request, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.Certificate", aged.certificate, "2021-02-28T12:00:00", "2021-03-01T00:00:00"),
    ("privacy.Countersignature", aged.countersignature, "2021-02-28T12:00:00", "2021-03-01T00:00:00"),
    ("privacy.SealedNeedles", aged.needles, "2028-01-30T12:00:00", "2028-01-30T12:00:01"),
    ("privacy.Tombstone", aged.tombstone, "2021-02-28T12:00:00", "2021-03-01T00:00:00"),
    ("privacy.Restriction", aged.lifted_restriction, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.CollectionStop", aged.collection_stop, "2018-02-28T12:00:00", "2018-02-28T12:00:01"),
    ("privacy.LegalHold", aged.released_hold, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.ConsentRecord", aged.consent, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.VisitorLink", aged.visitor_link, "2026-02-28T12:00:00", "2026-03-01T00:00:00"),
    ("privacy.IdentityCode", aged.code, "2028-02-28T12:00:00", "2028-02-28T12:00:01"),
]
AFTER_OTHERS = {"privacy.DataRequest"}  # what hangs on it goes first, in the same run
AS_ITS_PARENT = {
    "shop.ReviewPhoto",
    "orders.OrderLine",
    "orders.Payment",
    "orders.PaymentEvent",
    "orders.Refund",
    "orders.Return",
    "orders.ReturnLine",
    "orders.Shipment",
    "privacy.ErasureStep",
    "privacy.ExportPackage",
    "privacy.IdentityCheck",
}


@pytest.mark.promise("JE-65", "JE-67", "JE-70", "JK-46")
@pytest.mark.parametrize(("model", "make", "goes", "stays"), AGES, ids=[line[0] for line in AGES])
@pytest.mark.promise("JE-65", "JK-46", "JE-67", "JE-70", "JE-69", "JH-35")
def test_a_row_goes_on_the_day_its_time_has_run_and_not_before(model, make, goes, stays):
    rows = apps.get_model(model).objects
    old, young = make(moment(goes)), make(moment(stays))
    ours = rows.filter(pk__in=[old.pk, young.pk])
    only = "" if model in AFTER_OTHERS else model
    line = apply(AT, only)[model]
    assert list(ours) == [young]
    assert (line.past_due, line.done, dict(line.held)) == (1, 1, {})
    assert apply(AT, only)[model].past_due == 0


@pytest.mark.promise("JE-65", "JK-46")
def test_the_table_names_every_kind_of_row_that_has_a_clock():
    dated = [declaration for declaration in registry.all_declared() if declaration.retention.is_dated]
    own = {each.model for each in dated if any("__" not in anchor for anchor in each.retention.anchors)}
    assert own <= {model for model, *_ in AGES}, "add a line to AGES, and a maker to tests/retention/aged.py"


def test_an_order_goes_with_everything_on_it_and_the_invoice_counter_stays():
    InvoiceCounter.objects.create(series="2021", last=7)
    old = aged.order(moment("2020-02-29T12:00"))
    young = aged.order(moment("2021-03-01T00:00"))
    before = all_rows(*AS_ITS_PARENT)
    assert apply(moment("2027-02-28T11:59:59"))["orders.Order"].past_due == 0
    lines = apply(moment("2027-02-28T12:00:00"))
    assert {model: lines[model].done for model in ("orders.Order", *AS_ITS_PARENT)} == {
        "orders.Order": 1,
        "orders.OrderLine": 1,
        "orders.Payment": 1,
        "orders.PaymentEvent": 1,
        "orders.Refund": 1,
        "orders.Return": 1,
        "orders.ReturnLine": 1,
        "orders.Shipment": 1,
        "privacy.ErasureStep": 0,
        "privacy.ExportPackage": 0,
        "privacy.IdentityCheck": 0,
        "shop.ReviewPhoto": 0,
    }
    assert list(Order.objects.all()) == [young]
    assert len(all_rows(*AS_ITS_PARENT)) == len(before) - 7
    assert InvoiceCounter.objects.get().last == 7
    event = AuditEvent.objects.get(event="retention.ended")
    assert (event.object_ref, event.subject_id, event.actor) == (old.reference, old.subject_id, BY)


@pytest.mark.promise("JE-67", "JE-83")
def test_the_orders_of_somebody_erased_are_erased_a_second_time():
    alice = aged.order(moment("2021-02-28T12:00"))
    Order.objects.filter(pk=alice.pk).update(email="", full_name="", phone="", gift_message=None)
    Subject.objects.filter(pk=alice.subject_id).update(erased_at=moment("2022-01-01"))
    bob = aged.order(moment("2021-03-01T00:00"))
    before = rows_of(bob.subject)
    apply()
    assert list(Order.objects.all()) == [bob]
    assert rows_of(bob.subject) == before
    assert Subject.objects.filter(pk=alice.subject_id).exists(), "the bare number says who must not come back"


def test_an_order_that_is_not_finished_stays_whatever_its_age():
    old = moment("2015-01-01")
    aged.order(old, state=Order.State.SHIPPED, completed_at=None)
    assert [line.done for line in apply().values()] == [0] * len(apply())
    assert Order.objects.count() == 1


def test_an_open_request_stays_whatever_its_age_with_its_steps():
    old = moment("2015-01-01")
    aged.request(old, kind="erasure", state="partly_done", completed_at=None)
    aged.request(old, state="refused", completed_at=None, refused_at=old, refused_by="staff:3", refusal_reason="No.")
    lines = apply()
    assert (lines["privacy.DataRequest"].done, lines["privacy.ErasureStep"].done) == (1, 1)
    assert DataRequest.objects.get().state == "partly_done"


def test_requests_joined_with_another_go_before_it():
    main = aged.request(moment("2025-01-01"))
    first = aged.request(moment("2025-01-01"), state="joined", completed_at=None, joined_to=main)
    aged.request(moment("2025-01-01"), state="joined", completed_at=None, joined_to=first)
    assert apply()["privacy.DataRequest"].done == 3


def test_what_only_the_delivery_needed_goes_ninety_days_after_it():
    old, young = aged.order(moment("2027-12-01T12:00:00")), aged.order(moment("2027-12-01T12:00:01"))
    waiting = aged.order(moment("2020-01-01"), state=Order.State.SHIPPED, completed_at=None)
    (fields,) = [line for line in retention.run(apply=True, by=BY, at=AT) if line.label.startswith("Orders: ")]
    assert (fields.label, fields.rule, fields.past_due, fields.done) == (
        "Orders: phone, texts asked for, gift message",
        "90 days after delivery",
        1,
        1,
    )
    for order in (old, young, waiting):
        order.refresh_from_db()
    assert (old.phone, old.texts_asked_at, old.gift_message, old.full_name) == ("", None, None, "Gwen Garnet")
    kept = [(order.phone, order.wants_texts, order.gift_message) for order in (young, waiting)]
    assert kept == [("+12125550188", True, "For Ida")] * 2
    assert AuditEvent.objects.get(event="retention.ran").details["fields"] == [
        "phone",
        "texts_asked_at",
        "gift_message",
    ]


def test_an_order_with_a_younger_certificate_loses_the_person_and_goes_with_the_certificate():
    stone = aged.certificate_of_a_stone(moment("2020-06-01"))
    lines = retention.run(apply=True, by=BY, at=AT)
    order = Order.objects.get()
    assert (order.email, order.full_name, order.phone, order.gift_message) == ("", "", "", None)
    assert (order.total_minor, order.reference) == (1089, stone.line.order.reference)
    (whole,) = [line for line in lines if line.label == "Orders"]
    (words,) = whole.held
    assert whole.held[words] == 1
    assert "Certificates of your stones" in str(lines)
    assert SoldCertificate.objects.filter(pk=stone.pk).exists()
    assert retention.past_due_total(AT) == 0
    apply(moment("2030-06-01"))
    assert not Order.objects.exists()
    assert not SoldCertificate.objects.exists()


def test_a_dry_run_writes_nothing():
    for _, make, goes, _ in AGES:
        make(moment(goes))
    before = counts()
    dry = retention.run(apply=False, by=BY, at=AT)
    assert counts() == before
    assert sum(line.free for line in dry) >= len(AGES)
    assert {line.done for line in dry} == {0}


def test_the_second_run_finds_nothing_and_writes_nothing():
    for _, make, goes, _ in AGES:
        make(moment(goes))
    promised = {line.model: line.free for line in retention.run(apply=False, by=BY, at=AT)}
    first = {model: line.done for model, line in apply().items()}
    assert first.pop("privacy.Subject") > promised.pop("privacy.Subject") == 0, (
        "nothing leads to these any more, since now"
    )
    assert first == promised
    assert retention.past_due_total(AT) == 0
    before = counts()
    assert {line.past_due for line in apply().values()} == {0}
    assert counts() == before


def test_the_customers_themselves_are_no_rows_of_a_date():
    user = aged.customer(moment("2000-01-01"))
    apply()
    assert list(User.objects.all()) == [user]


def test_the_documentation_shows_the_rules_as_they_are():
    """Where this fails, put the output of `manage.py retention --rules` into docs/retention.md."""
    page = (settings.BASE_DIR / "docs" / "retention.md").read_text()
    table = [line for line in page.partition("## The rules")[2].splitlines() if line.startswith("|")]
    assert table[: len(said("--rules").splitlines())] == said("--rules").splitlines()
