"""The crawl of `tests/crawl` over every template that somebody without an account can open, in the same four states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.template import Template
from django.test.signals import template_rendered

from orders import links as order_links
from orders import sharing
from orders.tests.conftest import bag_of
from orders.tests.parcels import delivered
from privacy.consent import cookies
from privacy.consent import links as preference_links
from privacy.messages import newsletter, unsubscribe
from privacy.models import Certificate
from privacy.rights import access, children, erasure, intake, links, policy, requests
from privacy.rights.models import Kind
from privacy.tests.people import asks, someone
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
    "/privacy/request/correction/", "/privacy/request/taken/", "/privacy/request/agent/", "/privacy/request/agent/erasure/",
    "/privacy/request/agent/asked/",
    "/privacy/newsletter/asked/", "/privacy/unsubscribe/", "/privacy/unsubscribe/by-address/", "/privacy/certificate/",
    "/privacy/receipt/", "/privacy/authorities/", "/preferences/",
    "/privacy/parent/deleted/", "/terms/",
]  # fmt: skip
# What the walk does not reach by an address, and why.
NEEDS_AN_ACCOUNT = {
    "account/email_change.html", "account/logout.html", "account/password_change.html", "account/password_set.html",
    "account/reauthenticate.html", "account/verified_email_required.html", "accounts/address_form.html",
    "accounts/addresses.html", "accounts/deactivate.html", "accounts/details.html", "accounts/overview.html",
    "accounts/security.html", "accounts/tokens.html", "orders/orders.html", "privacy/ask_copy.html",
    "privacy/ask_erasure.html", "privacy/centre.html", "privacy/own_ask.html", "privacy/own_ask_kind.html",
    "privacy/own_request.html", "privacy/preferences.html", "privacy/prove.html",
    "privacy/send_copy.html", "shop/review.html", "shop/reviews.html",
}  # fmt: skip
ANSWERS_A_FORM_OR_A_FAILURE = {
    "403.html", "403_csrf.html", "410.html", "429.html", "500.html", "account/signup.html",
    "account/signup_closed.html", "accounts/no_account.html", "accounts/parent_first.html",
    "accounts/locked.html", "accounts/unlock.html",
    "accounts/closed_for_now.html", "accounts/come_back.html", "accounts/come_back_over.html",
    "orders/already_ordered.html", "orders/link_sent.html", "orders/not_paid.html",
    "orders/no_order.html", "orders/waiting.html", "orders/not_returnable.html", "orders/return_confirm.html",
    "privacy/disowned.html", "privacy/facts_stopped.html",
    "privacy/no_cookies.html", "privacy/older_database.html",
    "privacy/stay_late.html", "privacy/too_many.html",
}  # fmt: skip
NEWSLETTER, UNSUBSCRIBE = "/privacy/newsletter/confirm/", "/privacy/unsubscribe/"


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
def mailed(transactional_db: None, buy: Any, necklace: Any, now: datetime, settings: Any) -> list[str]:
    """The addresses that only a mail tells, and those of goods."""
    settings.LOUPE_ERASURE_GRACE = timedelta(0)
    recall.forget()
    pagecache.store.clear()
    piece, stone = make_piece(make_category("rings")), make_stone()
    order = delivered(buy(bag_of((necklace, 1))), "staff:3", now)
    alice, bob = someone("alice"), someone("bob")
    asked = intake.ask(Kind.ACCESS, address="guest@example.com", at=now)
    known = intake.confirm(intake.ask(Kind.ACCESS, address=order.email, at=now).pk, at=now)
    copy = asks(alice, Kind.ACCESS, at=now)
    access.build(copy.pk, by="system:worker", at=now)
    erasure.execute(requests.approve(asks(bob, at=now), by="staff:3", at=now).pk, by="system:worker", at=now)
    version = policy.publish(effective_on=now.date(), is_material=False, by="staff:3", at=now)
    signup = newsletter.ask("reader@example.com", at=now)
    child, mother = someone("carla"), "mother@example.com"
    word = children.ask(child.subject, address=child.email, parent=mother, by=child.user, at=now)
    appraiser = sharing.appraisers(at=now)[0]
    shown = sharing.ask(order, appraiser, sharing.Wanted("appraisal"), network="", by=order.subject, at=now)
    return [
        f"/product/{piece.slug}/",
        f"/stones/{stone.ref}/",
        links.path(asked, links.Use.CONFIRM),
        links.path(known, links.Use.FACTS),
        links.path(asked, links.Use.FOLLOW),
        newsletter.path(signup),
        f"{newsletter.path(signup)}x",
        links.path(copy, links.Use.COPY),
        f"{links.path(asked, links.Use.FOLLOW)}x",
        unsubscribe.path(alice.subject, address=alice.email),
        children.path(word),
        f"{children.path(word)}x",
        f"/privacy/certificate/{Certificate.objects.get().reference}/",
        f"/privacy/versions/{version.number}/",
        f"/order/{order.reference}/?key=none",
        sharing.url(shown).removeprefix(settings.LOUPE_PUBLIC_URL),
        f"/appraiser/{shown.reference}/?key=none",
        preference_links.path(alice.subject),
        *(
            order_links.path(order, page, at=now)
            for page in ("orders:order", "orders:thanks", "orders:invoice", "orders:return", "orders:share")
        ),
    ]


@pytest.mark.prove
@pytest.mark.promise("JS-13", "JS-14", "JS-15", "JE-43", "JE-54", "JE-56", "JK-09", "JK-11", "JE-126")
def test_every_public_template_keeps_and_loads_what_the_visitor_allowed(
    browser, live_server, settings, mailed, drawn, tmp_path, record_property
):
    """Every public template, as four visitors: cookies, storage and requests equal the register, 0 violations of 8 types."""
    slugs = ("google-analytics", "hotjar", "google-ads", "meta")
    settings.LOUPE_TAGS = dict(zip(slugs, TAGS.values(), strict=True))
    settings.LOUPE_POLICY = "jane_ellen"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    shop_url = live_server.url.replace("localhost", "127.0.0.1")
    reader, leaver = (next(path for path in mailed if path.startswith(each)) for each in (NEWSLETTER, UNSUBSCRIBE))
    presses = [(mailed[0], ("Add to bag",)), (reader, ("Yes, write to me",)), (leaver, ("Unsubscribe", "Undo"))]
    found, acted = {}, {}
    with stand_in.running(tmp_path) as others, walks.chromium(browser, others, tmp_path / "profile") as context:
        for state in STATES:
            walks.become(context, state, shop_url)
            found[state.name] = walks.walk(context, state, shop_url, [*PLAIN, *mailed])
            acted[state.name] = walks.walk(context, state, shop_url, [], presses[: None if state is STATES[0] else 1])
            acted[f"{state.name}, buying"] = walks.walk(context, state, shop_url, ["/bag/", "/checkout/"])
    assert {name: walk.seen.names for name, walk in found.items()} == HELD
    assert {name: walk.seen.hosts for name, walk in found.items()} == ASKED
    assert {name: acted[name].seen.names - {"bag"} for name in HELD} == HELD
    assert {host for name in HELD for host in acted[f"{name}, buying"].seen.hosts} == set()
    assert {name: walk.complaints for name, walk in (found | acted).items() if walk.complaints} == {}
    for walk in (*found.values(), *acted.values()):
        assert violations.of(cookies.register(), walk.seen) == violations.NONE
    assert public_templates() - drawn == NEEDS_AN_ACCOUNT | ANSWERS_A_FORM_OR_A_FAILURE
    record_property("templates", len(public_templates() & drawn))
    record_property("pages", sum(len(walk.statuses) for walk in (*found.values(), *acted.values())))
