"""Every mail, as it would leave: complete in both parts, honest about who writes and why, and without a word of advertising."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

import accounts
import orders
import privacy
import shop
from privacy.messages import previews
from privacy.messages.channels import PARTS
from privacy.messages.kinds import KINDS
from privacy.messages.previews import Letter, Look
from privacy.models import Message
from privacy.register import profiles

pytestmark = pytest.mark.xdist_group("letters")  # written once, not by every worker
AT = datetime(2026, 11, 2, 12, 0, 0, 123, tzinfo=UTC)
TEMPLATES = Path(settings.BASE_DIR) / "templates" / "emails"
#: Words that sell. Each stands alone or begins a word.
SELLS = re.compile(
    r"\b(sale|discount|% off|off your next|special offer|limited time|new arrivals?|new pieces|new collection|bestseller|"
    r"you may also like|recommended for you|shop now|buy now|browse|explore our|voucher|coupon|promo|save up to|"
    r"don't miss|hurry|last chance|while stocks last|refer a friend|newsletter)\b",
    re.I,
)
#: Where pieces are shown to be bought.
CATALOGUE = re.compile(
    r"/(?:category|product|stones|search|bag)/|" + re.escape(settings.LOUPE_PUBLIC_URL) + r"/?[\"\s<]"
)
#: Marketing mails, and what asks whether somebody wants them.
MARKETING = re.compile(r"^privacy\.newsletter")


def every_module() -> None:
    """Import whatever may declare a kind."""
    for app in (shop, accounts, orders, privacy):
        for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if not re.search(r"\.(tests|migrations|management|settings|wsgi|asgi)\b", module.name):
                import_module(module.name)


every_module()
OURS = sorted(name for name in KINDS if not name.startswith("tests."))
FILES = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.glob("*/*") if path.is_file()}


def parts_of(name: str) -> dict[str, set[str]]:
    """The templates a kind has, by the channels that it can leave by with them."""
    stem = name.replace(".", "/")
    wanted = {str(channel): {f"{stem}.{part}" for part in parts.values()} for channel, parts in PARTS.items()}
    return {channel: files for channel, files in wanted.items() if files <= FILES}


BY_MAIL = [name for name in OURS if "email" in parts_of(name)]
BY_TEXT = [name for name in OURS if "sms" in parts_of(name)]
SHOWN = [kind.name for kind in previews.kinds()]


@pytest.fixture(scope="module")
def letters(django_db_setup, django_db_blocker) -> dict[str, Letter]:
    """Every mail that can be shown, written once."""
    with django_db_blocker.unblock():
        before = Message.objects.count()
        written = {each.kind.name: each for each in previews.letters(SHOWN, at=AT)}
        assert Message.objects.count() == before, "a preview leaves nothing behind"
    return written


def test_every_transactional_kind_can_be_shown():
    assert len(BY_MAIL) > 40
    assert [name for name in BY_MAIL if name not in SHOWN and not MARKETING.search(name)] == []


def test_every_kind_has_the_templates_of_a_channel_and_every_template_a_kind():
    """A mail has three (subject, text, HTML), a text message one."""
    assert [name for name in OURS if not parts_of(name)] == []
    wanted = {file for name in OURS for files in parts_of(name).values() for file in files}
    used = "\n".join(path.read_text() for path in TEMPLATES.rglob("*") if path.is_file())
    assert {name for name in FILES - wanted if f'"emails/{name}"' not in used} == set()


def test_a_worker_knows_every_kind_as_soon_as_it_has_started():
    """Else its gate takes what a page has posted for a kind that there is not."""
    said = "import django; django.setup(); from privacy.messages.kinds import KINDS; print(*KINDS)"
    known = subprocess.run(
        [sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR
    )
    assert set(OURS) - set(known.stdout.split()) == set()


@pytest.mark.parametrize("name", [name for name in BY_TEXT if not MARKETING.search(name)])
def test_no_text_message_sells(name):
    said = (TEMPLATES / f"{name.replace('.', '/')}.sms.txt").read_text()
    assert (SELLS.findall(said), CATALOGUE.findall(said), "!" in said) == ([], [], False)


@pytest.mark.promise("JS-08", "JS-07")
@pytest.mark.parametrize("name", [name for name in SHOWN if not MARKETING.search(name)])
def test_no_transactional_mail_sells(letters, name):
    mail = letters[name]
    assert not mail.kind.is_marketing
    said = f"{mail.title}\n{mail.text}\n{previews.words(mail.html)}"
    assert SELLS.findall(said) == []
    assert CATALOGUE.findall(mail.text) == []
    assert [link for link in re.findall(r'href="([^"]+)"', mail.html) if CATALOGUE.search(f"{link} ")] == []


def test_the_words_and_links_that_sell_are_found():
    for words in ("Our SALE begins", "Get 10 % off your next order", "New pieces are here", "You may also like"):
        assert SELLS.search(words), words
    for link in ("/category/rings/", f"{settings.LOUPE_PUBLIC_URL}/product/x/", f'{settings.LOUPE_PUBLIC_URL}/" '):
        assert CATALOGUE.search(link), link
    for harmless in (
        "The sales tax",
        "Our privacy policy changes",
        f"{settings.LOUPE_PUBLIC_URL}/order/LP-2222-3333/?key=x",
    ):
        assert not SELLS.search(harmless), harmless
        assert not CATALOGUE.search(harmless), harmless


@pytest.mark.parametrize("name", SHOWN)
def test_a_mail_names_its_shop_and_says_why_it_was_sent(letters, name):
    mail, shop = letters[name], profiles.current()
    for part in (mail.text, unescape(previews.words(mail.html))):
        assert shop.legal_name in part
        assert shop.contact.email in part
        why = re.search(r"You receive this (?:one mail )?because (?P<why>.+)", part)
        assert why, part[-300:]
        assert shop.shop_name in why["why"] or MARKETING.search(name)
        assert "something you did" not in why["why"], "say what"


@pytest.mark.parametrize("name", ["privacy.breach", "privacy.new_owner", "privacy.policy_changed"])
def test_what_everybody_is_told_leads_each_reader_to_their_own_preferences(letters, name):
    mail = letters[name]
    links = [re.findall(r"http\S+/preferences/\?key=[\w=-]+", unescape(part)) for part in (mail.text, mail.html)]
    assert [len(found) for found in links] == [1, 1]


@pytest.mark.parametrize("name", SHOWN)
def test_the_text_stands_alone(letters, name):
    """Every figure and every link of the HTML is in the text, and the text has no markup and no gap."""
    mail = letters[name]
    html = unescape(previews.words(mail.html))
    figures = {word.strip(".,;:()") for word in html.split() if re.search(r"\d", word)}
    assert {word for word in figures if word not in mail.text} == set()
    assert [link for link in re.findall(r'href="(http[^"]+)"', mail.html) if unescape(link) not in mail.text] == []
    assert re.findall(r"</?(?:p|br|div|table|strong|a|li)\b", mail.text) == []
    assert re.findall(r"\{\{|\{%|None|\n{4,}", mail.text + mail.title) == []
    assert mail.title == mail.title.strip() != ""
    assert "!" not in mail.text


@pytest.mark.parametrize("name", SHOWN)
def test_a_mail_has_one_action_at_most_loads_nothing_and_has_a_dark_side(letters, name):
    mail = letters[name]
    assert mail.html.count('class="button"') <= 1
    assert (
        re.findall(r"<(?:img|script|link|iframe|form|input|video)\b|url\(|https?://[^\"]*\.(?:png|gif|jpg)", mail.html)
        == []
    )
    shop = profiles.current()
    for look, colours in ((Look.LIGHT, shop.mail.light), (Look.DARK, shop.mail.dark)):
        assert colours.paper in mail.html
        assert ("@media all" in mail.as_seen(look)) == (look is Look.DARK)
    assert previews.DARK not in mail.as_seen(Look.LIGHT)
    assert '<meta name="color-scheme" content="light dark">' in mail.html


@pytest.mark.django_db
def test_every_shop_has_letters_of_its_own(settings):
    for slug in profiles.slugs():
        settings.LOUPE_POLICY = slug
        mail = previews.letter("orders.payment_received", at=AT)
        assert profiles.current().shop_name in mail.text
        assert profiles.current().mail.dark.ink in mail.html


@pytest.mark.django_db
def test_a_preview_changes_nothing_and_what_cannot_be_shown_says_so():
    with CaptureQueriesContext(connection) as asked:
        previews.letter("orders.order_shipped", at=AT)
    assert any("ROLLBACK" in query["sql"] for query in asked)
    with pytest.raises(previews.NoPreview):
        previews.letter("orders.nothing", at=AT)
