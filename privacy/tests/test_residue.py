"""The check before the certificate: also what stays may not name the person in a field that was never meant to."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps

from privacy.models import Certificate, SealedNeedles
from privacy.proof import needles, residue
from privacy.register import subjects
from privacy.rights import erasure, requests
from privacy.rights.models import State
from privacy.tests.people import LATER, NOON, asks, someone

CAROL = "staff:3"


@pytest.fixture
def bought(db, settings):
    """Alice and Bob bought something; Alice's erasure is approved."""
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    alice, bob = someone("alice"), someone("bob")
    lines = [line_of(alice, "LP-7F3K-92QD", "JE-2026-000117"), line_of(bob, "LP-8G4L-33RE", "JE-2026-000118")]
    return alice, lines, requests.approve(asks(alice), by=CAROL, at=NOON)


def line_of(person, reference, invoice):
    order = apps.get_model("orders.Order").objects.create(
        reference=reference,
        bag_id=uuid4(),
        subject=person.subject,
        email=person.email,
        state="delivered",
        country="US",
        currency="USD",
        subtotal_minor=100,
        shipping_minor=0,
        tax_minor=0,
        tax_rate=0,
        is_tax_included=False,
        total_minor=100,
        placed_at=NOON,
        paid_at=NOON,
        completed_at=NOON,
        invoice_number=invoice,
    )
    return apps.get_model("orders.OrderLine").objects.create(
        order=order, position=1, title="Ring", quantity=1, unit_minor=100, tax_minor=0, total_minor=100, item_id=1
    )


@pytest.mark.parametrize("title", ["Ring for alice@example.com", "Ring, Alice Tokenaliceson, Aliceville"])
def test_a_kept_row_that_names_her_where_nobody_meant_to_stops_the_certificate(bought, title):
    _, (line, _), request = bought
    type(line).objects.filter(pk=line.pk).update(title=title)

    stopped = erasure.execute(request.pk, by="system:worker", at=LATER)

    assert stopped.state == State.PARTLY_DONE
    assert request.steps.get(target="residue").blocker == "Pieces ordered: 1 still name them."
    assert not Certificate.objects.exists()

    type(line).objects.filter(pk=line.pk).update(title="Ring")
    assert erasure.execute(request.pk, by="system:worker", at=LATER + timedelta(hours=1)).state == State.COMPLETED


def test_what_the_register_keeps_and_what_is_bobs_is_none(bought):
    alice, (_, bobs), request = bought
    type(bobs).objects.filter(pk=bobs.pk).update(title="Ring for alice@example.com")
    assert erasure.execute(request.pk, by="system:worker", at=LATER).state == State.COMPLETED
    assert residue.check(subjects.family(alice.subject)) == []


def test_a_reference_that_stays_may_have_stood_in_what_goes(bought):
    _, _, request = bought
    webhooks = apps.get_model("orders.WebhookEvent")
    webhooks.objects.create(event_id="evt_1", kind="x", received_at=NOON, order_reference="LP-7F3K-92QD")
    assert erasure.execute(request.pk, by="system:worker", at=LATER).state == State.COMPLETED
    (row,) = SealedNeedles.objects.all()
    kept = {needle.value: needle.is_kept for needle in needles.opened(row) if needle.kind is needles.Kind.REFERENCE}
    assert kept == {"JE-2026-000117": True, "LP-7F3K-92QD": True}
