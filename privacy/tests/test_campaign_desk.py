"""The newsletter desk: who may write and who may send, what the text may hold, and that no page names a reader."""

from __future__ import annotations

import pytest
from django.urls import reverse

from privacy import demo_newsletters
from privacy.ground import digests
from privacy.messages import campaigns, suppressions, writing
from privacy.messages.models import Message
from privacy.messages.newsroom import Campaign
from privacy.tests.people import NOON, at_the_desk, someone
from privacy.tests.subscribers import draft, reader

pytestmark = pytest.mark.django_db

WORDS = {
    "topic": "new_pieces",
    "ways": ["email"],
    "title": "The autumn case",
    "preheader": "",
    "body": "<p>Rings.</p>",
}


def page(campaign, action=""):
    name = f"admin:privacy_campaign_{action or 'change'}"
    return reverse(name, args=[campaign.pk])


def test_whoever_writes_for_the_catalogue_tries_it_out_and_does_not_send():
    client = at_the_desk("catalogue")
    reader("mona@example.com")
    client.post(
        reverse("admin:privacy_campaign_add"), WORDS | {"body": "<h1>New</h1><script>x</script><p onclick=x>Rings.</p>"}
    )
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.body) == ("draft", "<h2>New</h2><p>Rings.</p>")
    client.post(page(campaign, "try_out"))
    assert Message.objects.get(kind=writing.TEST.name).payload["to"] == "carol@example.com"
    assert client.post(page(campaign, "schedule"), {"for__0": "", "for__1": ""}).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == "draft"


def test_a_newsletter_is_written_in_german_too_in_a_tab_of_its_own_wholly_or_not_at_all():
    client = at_the_desk("catalogue")
    add = reverse("admin:privacy_campaign_add")
    half = client.post(add, WORDS | {"de_title": "Der Herbst"})
    assert "In Deutsch too" in half.content.decode()
    assert not Campaign.objects.exists()
    client.post(add, WORDS | {"de_title": "Der Herbst", "de_body": "<p>Drei neue <script>x</script>Ringe.</p>"})
    campaign = Campaign.objects.get()
    assert campaign.translations == {
        "de": {"title": "Der Herbst", "preheader": "", "body": "<p>Drei neue Ringe.</p>", "sms": "", "post": ""}
    }
    shown = client.get(page(campaign)).content.decode()
    assert "How the mail looks, English" in shown
    assert "How the mail looks, Deutsch" in shown
    assert "Drei neue Ringe." in shown
    client.post(page(campaign), WORDS | {"de_title": " ", "de_body": "<div><br></div>"})
    campaign.refresh_from_db()
    assert campaign.translations == {}
    assert "How the mail looks, " not in client.get(page(campaign)).content.decode()


def test_the_owner_sees_how_many_and_sends_it():
    client = at_the_desk("owner")
    campaign = draft()
    refused = client.post(page(campaign, "schedule"), {"for__0": "", "for__1": ""})
    assert "Nobody has agreed to this topic" in refused.content.decode()
    reader("mona@example.com")
    shown = client.get(page(campaign, "schedule")).content.decode()
    assert (shown.count("would get it"), Message.objects.count()) == (1, 0)
    client.post(page(campaign, "schedule"), {"for__0": "", "for__1": ""})
    campaign.refresh_from_db()
    assert campaign.state == "scheduled"


def test_what_was_decided_can_no_longer_be_written(client):
    owner = at_the_desk("owner")
    reader("mona@example.com")
    campaign = campaigns.schedule(draft(), for_=NOON, by="staff:3", at=NOON)
    assert owner.post(page(campaign), WORDS | {"title": "Another"}).status_code == 403
    assert Campaign.objects.get().title == "The autumn case"


@pytest.mark.parametrize("role", ["order desk", "privacy desk"])
def test_other_desks_write_nothing(role):
    client = at_the_desk(role)
    assert client.get(reverse("admin:privacy_campaign_add")).status_code == 403
    assert client.post(page(draft(), "cancel")).status_code == 403


def test_no_page_names_a_reader():
    owner = at_the_desk("owner")
    reader("mona-tokenmona@example.com")
    campaign = campaigns.schedule(draft(), for_=NOON, by="staff:3", at=NOON)
    campaigns.begin(campaign, by="staff:3", at=NOON)
    campaigns.step(campaign.pk, by="staff:3", at=NOON)
    pages = [owner.get(address) for address in (page(campaign), page(campaign, "audience"), page(campaign, "pause"))]
    assert [answer.status_code for answer in pages] == [200, 200, 200]
    assert [answer for answer in pages if "tokenmona" in answer.content.decode()] == []
    assert "messages written" in pages[0].content.decode()


def test_a_text_of_nothing_but_script_is_refused():
    client = at_the_desk("catalogue")
    answer = client.post(reverse("admin:privacy_campaign_add"), WORDS | {"body": "<script>alert(1)</script>"})
    assert (answer.status_code, Campaign.objects.count()) == (200, 0)
    assert "Nothing is left of this text" in answer.content.decode()


def test_the_stop_list_is_searched_by_an_address_and_shows_none():
    client = at_the_desk()
    suppressions.raise_for("email", "mona@example.com", reason="unsubscribed", by="test", at=NOON)
    suppressions.raise_for("sms", "+12125550188", reason="refused", by="test", at=NOON)
    found = {}
    for typed in ("Mona@example.com", "(212) 555-0188", "nils@example.com", ""):
        answer = client.get("/admin/privacy/suppression/", {"q": typed})
        found[typed] = answer.context["cl"].result_count
        assert digests.of("email", "mona@example.com").value not in answer.content.decode()
    assert found == {"Mona@example.com": 1, "(212) 555-0188": 1, "nils@example.com": 0, "": 2}


def test_the_demo_has_readers_a_draft_and_one_that_goes():
    for name in ("alice", "bob"):
        someone(name)
    assert [demo_newsletters.load(at=NOON) for _ in range(2)] == [2, 0]
    states = dict(Campaign.objects.values_list("title", "state"))
    assert states == {"The autumn case": "scheduled", "How to keep gold bright": "draft"}
    found = {campaign.title: campaigns.count(campaign, at=NOON).would_get_it for campaign in Campaign.objects.all()}
    assert found == {"The autumn case": 5, "How to keep gold bright": 2}
    assert suppressions.stops("email", "ruth@example.com", marketing=True)


def test_the_demo_has_one_that_goes_by_every_way_where_the_policy_names_them_and_one_in_german(settings):
    settings.LOUPE_POLICY = "jskeuc"
    for name in ("alice", "bob"):
        someone(name)
    assert [demo_newsletters.load(at=NOON) for _ in range(2)] == [3, 0]
    every = Campaign.objects.get(title="An evening at the window")
    assert {each.channel: each.would_get_it for each in campaigns.counts(every, at=NOON)} == {
        "email": 5,
        "sms": 2,
        "post": 2,
    }
    campaigns.sweep(by="system:test", at=NOON)
    titles = Message.objects.filter(kind="privacy.newsletter_new_pieces", channel="email").values_list(
        "payload", flat=True
    )
    assert sorted(payload["to"] for payload in titles if payload["title"] == "Die Herbstvitrine") == [
        "lena@example.com"
    ]
    assert {payload["title"] for payload in titles} == {
        "The autumn case",
        "Die Herbstvitrine",
        "An evening at the window",
    }
