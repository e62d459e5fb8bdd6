"""Erase me: asked on the account page, approved in the admin, carried out by the worker, searched for in a full dump."""

import re

import pytest

from tests.journeys.people import Person, staff


@pytest.fixture
def alice(new_page, processes):
    return Person(
        new_page(),
        processes,
        email="isolde.vanterpool@example.net",
        full_name="Isolde Vanterpool",
        phone="+1 212 555 0179",
        street="77 Kestrelgate Row",
    )


@pytest.fixture
def agnes(new_page, processes):
    return Person(
        new_page(),
        processes,
        email="agnes.fairweather@example.net",
        full_name="Agnes Fairweather",
        phone="+1 212 555 0181",
        street="4 Lanternfish Quay",
    )


@pytest.fixture
def bob(new_page, processes):
    return Person(
        new_page(),
        processes,
        email="rufus.tamblyn@example.net",
        full_name="Rufus Tamblyn",
        phone="+1 212 555 0180",
        street="12 Cooperage Yard",
    )


def needles(person):
    digits = re.sub(r"\D", "", person.phone)
    return [person.email, person.full_name, person.street, person.phone, digits]


@pytest.mark.promise("JS-25", "JS-27", "JE-29", "JE-78", "JE-83", "JH-36")
def test_a_customer_is_erased_and_a_full_dump_holds_nothing_of_her(alice, bob, new_page, processes):
    bob.buys_a_necklace()
    alice.signs_up()
    if "/accounts/login" in alice.page.url:
        alice.signs_in()
    reference = alice.buys_a_necklace()
    before = processes.dump()
    assert [needle for needle in needles(alice)[:3] if needle not in before] == [], (
        "the search must be able to find her"
    )
    [money] = processes.query(
        "SELECT subtotal_minor, shipping_minor, tax_minor, total_minor, invoice_number FROM orders_order WHERE reference = %s",
        reference,
    )
    deliver(processes, new_page, reference)

    request = asks_to_be_erased(alice)
    carol = staff("privacy desk", new_page(), processes)
    approves(carol, request)
    mail = alice.mail("erased", seconds=90)

    after = processes.dump()
    assert [needle for needle in needles(alice) if needle.lower() in after.lower()] == []
    assert [needle for needle in needles(bob)[:3] if needle not in after] == [], "Bob stays"
    assert processes.query(
        "SELECT subtotal_minor, shipping_minor, tax_minor, total_minor, invoice_number FROM orders_order WHERE reference = %s",
        reference,
    ) == [money]

    stranger = Person(new_page(), processes)
    stranger.page.goto(mail.link("/privacy/certificate/"))
    stranger.sees(re.compile(r"CE-\w{4}-\w{4}"))
    assert alice.full_name not in stranger.page.content()
    [(state,)] = processes.query("SELECT state FROM privacy_datarequest WHERE reference = %s", request)
    assert state == "completed"


def test_a_worker_killed_in_the_middle_and_redis_stopped_still_erases_once(agnes, new_page, processes):
    agnes.signs_up()
    if "/accounts/login" in agnes.page.url:
        agnes.signs_in()
    request = asks_to_be_erased(agnes)
    carol = staff("privacy desk", new_page(), processes)
    processes.kill("worker")
    approves(carol, request)
    processes.broker.stop()
    try:
        processes.run_manage("shell", "-c", DIE_IN_THE_MIDDLE.format(reference=request))
    finally:
        processes.broker.ensure()
        processes.start("worker")
    agnes.mail("erased", seconds=120)
    assert processes.query(
        "SELECT state, (SELECT count(*) FROM privacy_certificate c WHERE c.request_reference = r.reference)"
        " FROM privacy_datarequest r WHERE reference = %s",
        request,
    ) == [("completed", 1)]
    after = processes.dump().lower()
    assert [needle for needle in needles(agnes) if needle.lower() in after] == []


# A process of its own begins the erasure and is killed at its second step.
DIE_IN_THE_MIDDLE = """
import os, signal, subprocess, sys
child = subprocess.run([sys.executable, "-c", '''
import os, signal, time, django
django.setup()
from django.utils import timezone
from privacy.models import DataRequest
from privacy.rights import erasure
request = DataRequest.objects.get(reference="{reference}")
while request.execute_after > timezone.now():
    time.sleep(0.2)
done = []
carry_out = erasure.carry_out
def dying(step, **facts):
    if len(done) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(carry_out(step, **facts))
    return done[-1]
erasure.carry_out = dying
erasure.execute(request.pk, by="system:test", at=timezone.now())
'''], env={{**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"}})
assert child.returncode == -signal.SIGKILL, child.returncode
"""


def deliver(processes, new_page, reference):
    """The parcel arrives, so that nothing of the order is unfinished."""
    processes.run_manage(
        "shell",
        "-c",
        "from django.utils import timezone as t; from orders import fulfilment as f; from orders.models import Order as O;"
        f"o = O.objects.get(reference='{reference}');"
        "o = f.pack(o, by='system:test', at=t.now());"
        "o = f.ship(o, carrier='fedex', tracking_number='794612345678', by='system:test', at=t.now()) or o;"
        f"f.deliver(O.objects.get(reference='{reference}'), by='system:test', at=t.now())",
    )


def asks_to_be_erased(alice):
    """Two clicks from the privacy centre; returns the request's reference."""
    alice.open("/account/privacy/")
    alice.follow("Erase me")
    alice.proves_it_is_them()
    alice.press("Erase my data")
    alice.page.wait_for_load_state()
    reference = re.search(r"DSR-\w{4}-\w{4}", alice.page.content())
    assert reference
    return reference[0]


def approves(carol, request):
    carol.acts_on("/admin/privacy/datarequest/", request, "Approve")
