"""The crawl of `tests/crawl` over every template that somebody without an account can see, in the same four states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.template import Template
from django.test.signals import template_rendered
from django.utils import timezone

from privacy.consent import cookies
from privacy.consent import links as preference_links
from privacy.messages import newsletter, unsubscribe
from privacy.rights import intake, links
from privacy.rights.models import Kind
from privacy.tests.people import someone
from shop import pagecache, recall
from shop.tests.goods import make_category, make_piece, make_stone
from tests.crawl import stand_in, violations, walks
from tests.crawl.test_states import ASKED, HELD
from tests.crawl.walks import STATES
from tests.processes import TAGS

FOLDERS = ("", "shop", "orders", "privacy", "accounts", "account")
PLAIN = [
    "/", "/category/rings/", "/stones/", "/search/?q=ring+for+alice", "/search/?q=nothing-like-it", "/size-guide/",
    "/about-our-stones/", "/bag/", "/checkout/", "/contact/", "/no-such-page/",
    "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/", "/accounts/password/reset/key/1-none/", "/accounts/confirm-email/",
    "/accounts/confirm-email/none/", "/accounts/inactive/",
    "/privacy/", "/privacy/versions/", "/privacy/cookies/", "/privacy/promises/", "/privacy/choices/", "/privacy/opt-out/",
    "/privacy/limit/", "/privacy/device-cleared/", "/privacy/request/", "/privacy/request/asked/", "/privacy/newsletter/",
    "/privacy/newsletter/asked/", "/privacy/unsubscribe/", "/privacy/unsubscribe/by-address/", "/privacy/certificate/",
    "/privacy/receipt/", "/preferences/",
]  # fmt: skip
LEFT_OUT: dict[str, str] = {}


def public_templates() -> set[str]:
    """Every page of the folders that visitors see; parts of pages are drawn with them."""
    root = Path(project.BASE_DIR) / "templates"
    found = (path for folder in FOLDERS for path in (root / folder).glob("*.html"))
    return {str(path.relative_to(root)) for path in found if not path.name.startswith("_")}


@pytest.fixture
def drawn() -> Iterator[set[str]]:
    """The names of the templates that are drawn meanwhile, by whichever thread."""
    names: set[str] = set()

    def note(sender: Template, template: Template, **kwargs: Any) -> None:
        names.add(str(template.name))

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


@pytest.fixture
def mailed(transactional_db: None) -> list[str]:
    """The addresses that only a mail tells, and those of goods."""
    recall.forget()
    pagecache.store.clear()
    piece, stone = make_piece(make_category("rings")), make_stone()
    now = timezone.now()
    alice = someone("alice")
    asked = intake.ask(Kind.ACCESS, address="guest@example.com", at=now)
    signup = newsletter.ask("reader@example.com", at=now)
    return [
        f"/product/{piece.slug}/",
        f"/stones/{stone.ref}/",
        links.path(asked, links.Use.CONFIRM),
        links.path(asked, links.Use.FOLLOW),
        newsletter.path(signup),
        unsubscribe.path(alice.subject, address=alice.email),
        preference_links.path(alice.subject),
    ]


@pytest.mark.prove
@pytest.mark.promise("JS-13", "JS-14", "JS-15", "JE-43", "JE-54", "JE-56", "JK-09", "JK-11", "JE-126")
def test_every_public_template_keeps_and_loads_what_the_visitor_allowed(
    browser, live_server, settings, mailed, drawn, tmp_path, record_property
):
    """Every public template, as four visitors with a browser: cookies, storage and requests equal the register; 0 violations of eight types."""
    slugs = ("google-analytics", "hotjar", "google-ads", "meta")
    settings.LOUPE_TAGS = dict(zip(slugs, TAGS.values(), strict=True))
    settings.LOUPE_POLICY = "jane_ellen"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    shop_url = live_server.url.replace("localhost", "127.0.0.1")
    found = {}
    with stand_in.running(tmp_path) as others, walks.chromium(browser, others, tmp_path / "profile") as context:
        for state in STATES:
            walks.become(context, state, shop_url)
            found[state.name] = walks.walk(context, state, shop_url, [*PLAIN, *mailed])
    print(sorted(public_templates() - drawn))
    print({p: s for p, s in found["fresh"].statuses.items() if s != 200})
    assert {name: walk.seen.names for name, walk in found.items()} == HELD
    assert {name: walk.seen.hosts for name, walk in found.items()} == ASKED
    assert {name: walk.complaints for name, walk in found.items() if walk.complaints} == {}
    for walk in found.values():
        assert violations.of(cookies.register(), walk.seen) == violations.NONE
    assert public_templates() - drawn == LEFT_OUT.keys()
    record_property("templates", len(public_templates() & drawn))
    record_property("pages", sum(len(walk.statuses) for walk in found.values()))
