"""Links and partners are looked over again by a day that somebody set; the desk is told; links are asked at declared hosts only."""

from __future__ import annotations

import http.server
import threading
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from privacy import checks, tasks
from privacy.ground.models import AuditEvent
from privacy.register import profiles
from privacy.register.profiles import Review
from privacy.rights import reviews
from privacy.tests.people import NOON
from privacy.tests.test_reading_activities import clerk

pytestmark = pytest.mark.django_db
JANE = profiles.named("jane_ellen")
TODAY = date(2026, 11, 2)
LONG_AGO = Review(date(2024, 1, 1), date(2025, 1, 1))


class Site(http.server.BaseHTTPRequestHandler):
    """Another site: `/gone` is gone, `/moved` leads on, `/broken` is out of order."""

    def do_GET(self):
        self.server.asked.append(dict(self.headers))
        self.send_response({"/gone": 404, "/moved": 302, "/broken": 503, "/closed": 403}.get(self.path, 200))
        self.send_header("Location", "http://elsewhere.example/")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def site(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    at = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(
        reviews, "links", lambda: {name: f"{at}/{name}" for name in ("here", "moved", "closed", "gone", "broken")}
    )
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def reviewed(monkeypatch, **changes):
    """Jane Ellen, whose reviews are these besides her own."""
    shop = replace(JANE, reviews=MappingProxyType({**JANE.reviews, **changes}))
    monkeypatch.setattr(profiles, "current", lambda: shop)


@pytest.mark.promise("JE-127")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_every_shop_says_when_links_and_partners_are_looked_over_again(shop):
    assert list(reviews.unreviewed(profiles.named(shop))) == []


@pytest.mark.promise("JE-127")
def test_a_shop_that_does_not_say_so_does_not_start(monkeypatch):
    bare = replace(JANE, reviews=MappingProxyType({}))
    monkeypatch.setattr(profiles, "current", lambda: bare)
    assert [(each.id, each.msg) for each in checks.links_and_partners_are_looked_over(None)] == [
        ("privacy.E020", "Nobody says when links are looked over again."),
        ("privacy.E020", "Nobody says when partners are looked over again."),
    ]


@pytest.mark.promise("JE-127")
def test_what_is_due_is_named_partner_by_partner(monkeypatch):
    assert {"Links to other sites", "Stripe", "The mail service"} <= {each.name for each in reviews.every()}
    assert reviews.due(on=TODAY) == []
    reviewed(monkeypatch, stripe=LONG_AGO)
    assert [(each.name, each.reviewed_on) for each in reviews.due(on=TODAY)] == [("Stripe", LONG_AGO.reviewed_on)]
    reviewed(monkeypatch, links=LONG_AGO, partners=LONG_AGO)
    assert len(reviews.due(on=TODAY)) == 1 + len(reviews.partners())
    assert reviews.due(on=JANE.weighings["security"].review_on)[-1].name.startswith("Weighing: ")


@pytest.mark.promise("JE-127")
def test_staff_who_read_the_registers_are_told_on_the_first_page(monkeypatch):
    later = Review(date(2026, 1, 1), timezone.now().date() + timedelta(days=900))
    reviewed(monkeypatch, links=LONG_AGO, partners=later)
    AuditEvent.objects.create(event=reviews.CHECKED, details={"asked": 9, "silent": ["Firefox"]}, actor="x", at=NOON)
    page = clerk("privacy desk").get("/admin/").content.decode()
    assert "To be looked over again: Links to other sites" in page
    assert "Links that did not answer on 2 November: Firefox." in page
    assert "looked over again" not in clerk("order desk").get("/admin/").content.decode()


@pytest.mark.promise("JE-127")
def test_links_are_asked_whether_they_still_lead_somewhere_and_told_nothing(site):
    found = reviews.check_links(by="system:links", at=NOON)
    assert (found.asked, found.silent) == (5, ("broken", "gone"))
    assert reviews.last_check() == found
    assert len(site.asked) == 5
    assert {name for headers in site.asked for name in headers} & {"Cookie", "Referer"} == set()
    with pytest.raises(CommandError, match=r"No answer from broken, gone\."):
        call_command("check_links")


def test_nothing_is_asked_at_a_host_that_no_declared_link_leads_to(site):
    with pytest.raises(reviews.NotDeclared):
        reviews.answers("http://127.0.0.1:1/", among=frozenset({"www.cnil.fr"}))
    assert site.asked == []


def test_every_declared_link_is_https_and_has_a_host():
    assert len(reviews.links()) > 40
    assert [url for url in reviews.links().values() if not url.startswith("https://")] == []
    assert "" not in reviews.hosts(reviews.links().values())


@pytest.mark.parametrize(("may", "times"), [(False, 0), (True, 5)])
def test_the_weekly_task_asks_only_where_the_shop_may_go_out(site, settings, may, times):
    settings.LOUPE_CHECK_LINKS = may
    tasks.check_links()
    assert len(site.asked) == times
