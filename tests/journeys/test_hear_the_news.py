"""Hear the news, and hear no more: one field, one button behind a mail, one newsletter, and the link that ends it."""

import pytest

from dev import machine
from tests.journeys.people import Person, staff

WRITTEN = """
from django.utils import timezone
from privacy.messages import campaigns
from privacy.messages.newsroom import Campaign
now = timezone.now()
said = Campaign(title="{title}", body="<p>Seen by lamplight.</p>", topic="new_pieces")
campaigns.write(said, by="staff:1", at=now)
"""


@pytest.mark.prove
def test_somebody_hears_the_news_and_ends_it_with_one_press(new_page, processes):
    """Somebody signs up in the footer, hears one newsletter, leaves by its link, and hears no other."""
    grace = Person(new_page(java_script_enabled=False), processes, email="nora.quill@example.net")
    grace.open("/")
    footer = grace.page.get_by_role("contentinfo")
    footer.get_by_label("Newsletter").fill(grace.email)
    footer.get_by_role("button", name="Sign up").click()
    grace.sees("Look into your mailbox")
    grace.page.goto(grace.mail("is it you").link("/privacy/newsletter/"))
    grace.press("Yes, write to me")
    grace.sees("You get the newsletter")

    olive = staff("owner", new_page(), processes)
    sends(olive, "Pearls, for a morning")
    letter = grace.mail("Pearls, for a morning", seconds=60)
    assert "/privacy/unsubscribe/" in letter.text

    grace.page.goto(letter.link("/privacy/unsubscribe/"))
    grace.press("Unsubscribe")
    grace.sees("You are unsubscribed")

    sends(olive, "Opals, for an evening")
    state = "SELECT state FROM privacy_campaign WHERE title = 'Opals, for an evening'"
    assert machine.wait_until(lambda: processes.query(state) == [("sent",)], seconds=90, every=0.5)
    heard = [letter.recipients for letter in processes.mail.newest_first() if "Opals" in letter.subject]
    assert heard, "others heard it"
    assert [grace.email] not in heard


def sends(olive, title):
    """A newsletter that somebody wrote is sent at the desk."""
    olive.shop.run_manage("shell", "-c", WRITTEN.format(title=title))
    olive.acts_on("/admin/privacy/campaign/", title, "Send")
