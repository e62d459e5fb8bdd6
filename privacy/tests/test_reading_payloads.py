"""What leaves for a processor is what its declaration and the fields both say: one key more is stopped before it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.core import mail as django_mail

from privacy import checks
from privacy.messages import outbox
from privacy.messages.models import Message
from privacy.register import activities, payloads, registry
from privacy.register.declare import DECLARATIONS, PROCESSORS, Field
from privacy.rights.emails import IDENTITY_CODE
from privacy.tests.people import NOON


@pytest.fixture
def scratch() -> Iterator[None]:
    """The register, put back afterwards."""
    declared, processors = dict(DECLARATIONS), dict(PROCESSORS)
    yield
    for register, before in ((DECLARATIONS, declared), (PROCESSORS, processors)):
        register.clear()
        register.update(before)


def redeclare(model: str, name: str, recipients: tuple[str, ...]) -> None:
    declared = DECLARATIONS[model]
    field = declared.fields[name]
    assert isinstance(field, Field)
    DECLARATIONS[model] = replace(declared, fields={**declared.fields, name: replace(field, recipients=recipients)})


def findings() -> list[str]:
    return [each.msg for each in checks.declarations_fit_the_models(None) if each.id == "privacy.E014"]


@pytest.mark.promise("JK-21", "JH-17")
def test_fields_and_payload_lists_say_the_same():
    assert list(payloads.disagreements()) == []
    assert {each.slug for each in registry.processors()} >= {"stripe", "mail"}


def test_a_key_whose_field_names_no_recipient_any_more_is_refused_and_an_error(scratch):
    payloads.guard("stripe", ["metadata[refund]"])
    redeclare("orders.Refund", "reference", ())
    with pytest.raises(payloads.NotDeclared) as refused:
        payloads.guard("stripe", ["metadata[refund]", "mode"])
    assert (refused.value.slug, refused.value.keys) == ("stripe", ["metadata[refund]"])
    assert findings() == [
        "stripe: metadata[refund] carries orders.Refund.reference, which does not name it as a recipient."
    ]


@pytest.mark.promise("JK-21", "JH-17")
def test_a_widened_payload_list_opens_nothing_and_is_an_error(scratch):
    stripe = PROCESSORS["stripe"]
    PROCESSORS["stripe"] = replace(stripe, payload={**stripe.payload, "customer_email": "orders.Order.email"})
    assert "customer_email" not in payloads.allowed("stripe")
    assert findings() == ["stripe: customer_email carries orders.Order.email, which does not name it as a recipient."]


def test_a_field_that_says_it_goes_where_nothing_carries_it_is_an_error(scratch):
    redeclare("orders.Order", "vat_number", ("stripe",))
    redeclare("orders.Order", "gift_message", ("nobody",))
    assert findings() == [
        "orders.Order.vat_number goes to stripe, but no key carries it.",
        "orders.Order.gift_message goes to nobody, which nobody declared.",
    ]


def test_what_stripe_receives_on_the_policy_page_is_what_may_be_sent():
    assert activities.received_by("stripe") == [
        "Orders: reference",
        "Payments: number at Stripe, amount, currency",
        "Refunds: reference, amount",
    ]


@pytest.mark.django_db
@pytest.mark.promise("JK-21", "JH-17")
def test_a_mail_with_an_undeclared_part_never_enters_the_outbox(scratch):
    mail = PROCESSORS["mail"]
    PROCESSORS["mail"] = replace(mail, payload={key: field for key, field in mail.payload.items() if key != "html"})
    with pytest.raises(payloads.NotDeclared, match="mail does not receive html"):
        post()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_mail_whose_header_nobody_declared_is_given_up_before_it_is_sent(scratch):
    message = post()
    PROCESSORS["mail"] = replace(PROCESSORS["mail"], about_nobody={"from": "the shop"})
    with pytest.raises(payloads.NotDeclared, match="auto-submitted, message-id"):
        outbox.send(message.pk, at=NOON)
    message.refresh_from_db()
    assert (message.state, message.payload, django_mail.outbox) == (Message.State.FAILED, None, [])


@pytest.mark.django_db
def test_an_ordinary_mail_goes():
    assert outbox.send(post().pk, at=NOON)
    assert [sent.to for sent in django_mail.outbox] == [["alice@example.com"]]


def post() -> Message:
    return outbox.post_rendered(
        IDENTITY_CODE, to="alice@example.com", subject=None, title="t", text="x", html="<p>x</p>", by="test", at=NOON
    )
