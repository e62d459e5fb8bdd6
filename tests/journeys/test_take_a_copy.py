"""See my data: a customer signs up, buys, asks for a copy and reads it."""

import io
import json
import re
import zipfile

import pytest

from tests.journeys.people import Person


@pytest.fixture
def alice(new_page, processes):
    return Person(
        new_page(),
        processes,
        email="ada.quennell@example.net",
        full_name="Ada Quennell",
        phone="+1 212 555 0178",
        street="9 Wrenfield Mews",
    )


@pytest.mark.promise("JE-75")
def test_a_customer_takes_a_copy_of_her_data(alice, processes):
    alice.signs_up()
    if "/accounts/login" in alice.page.url:
        alice.signs_in()
    reference = alice.buys_a_necklace()

    alice.open("/account/privacy/")
    alice.follow("Take a copy")
    alice.proves_it_is_them()
    alice.press("Make my copy")
    mail = alice.mail("copy is ready", seconds=60)

    alice.page.goto(mail.link("/account/privacy/"))
    alice.follow(re.compile("copy", re.I))
    alice.proves_it_is_them()
    with alice.page.expect_download() as started:
        alice.press("Fetch it")
    content = started.value.path().read_bytes()

    package = zipfile.ZipFile(io.BytesIO(content))
    assert package.testzip() is None
    everything = package.read(next(name for name in package.namelist() if name.endswith(".json"))).decode()
    json.loads(everything)
    readable = package.read(next(name for name in package.namelist() if name.endswith(".html"))).decode()
    for text in (everything, readable):
        for mine in (alice.email, alice.full_name, alice.street, reference):
            assert mine in text
        for other in ("bob@example.com", "Bob Brightwater", "Foghorn Terrace", "alice@example.com"):
            assert other not in text
