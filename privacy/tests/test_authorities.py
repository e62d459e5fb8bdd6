"""To whom one may complain: the whole directory on a page, and the right one in each letter that says no."""

from __future__ import annotations

import pytest
from django.test import Client

from privacy.models import Subject
from privacy.register import authorities
from privacy.rights import extension, grounds, requests
from privacy.tests.people import LATER, asks, mails, someone

CAROL = "staff:3"
EU_AND_EEA = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE"


@pytest.mark.promise("JE-92")
def test_every_place_with_such_a_law_is_in_the_directory() -> None:
    assert sorted({each.residence for each in authorities.DIRECTORY}) == sorted(
        [*EU_AND_EEA.split(), "CH", "GB", "US-CA"]
    )
    assert all(each.site.startswith("https://") for each in authorities.DIRECTORY)
    assert len({each.site for each in authorities.DIRECTORY}) == len(authorities.DIRECTORY)


@pytest.mark.django_db
@pytest.mark.promise("JK-50", "JE-92", "JE-138")
def test_the_page_and_the_policy_lead_there(client: Client) -> None:
    page = client.get("/privacy/authorities/").content.decode().replace("&#x27;", "'")
    for authority in authorities.DIRECTORY:
        assert f'href="{authority.site}" rel="noopener noreferrer">{authority.name}</a>' in page
    assert 'href="/privacy/authorities/"' in client.get("/privacy/").content.decode()


@pytest.mark.django_db
@pytest.mark.promise("JK-50", "JE-92", "JE-138")
@pytest.mark.parametrize(
    ("residence", "named"),
    [
        ("DE", ["https://www.bfdi.bund.de"]),
        ("US-CA", ["https://oag.ca.gov/privacy", "https://cppa.ca.gov"]),
        ("", ["/privacy/authorities/"]),
        ("JP", ["/privacy/authorities/"]),
    ],
)
def test_whoever_is_refused_or_put_off_reads_whom_to_complain_to(residence: str, named: list[str]) -> None:
    alice, bob = someone("alice"), someone("bob")
    for person in (alice, bob):
        Subject.objects.filter(pk=person.subject.pk).update(residence=residence)
    ground = grounds.of("erasure", residence)[0]
    requests.refuse(asks(alice), ground=ground, reason="It was not you.", by=CAROL, at=LATER)
    extension.extend(asks(bob), reason="Much to look through.", by=CAROL, at=LATER)
    (refused,), (extended,) = mails("request_refused"), mails("request_extended")
    sites = [each.site for each in authorities.DIRECTORY] + ["/privacy/authorities/"]
    for mail in (refused, extended):
        for part in (mail.payload["text"], mail.payload["html"]):
            assert [site for site in sites if site in part] == [site for site in sites if site in named]
