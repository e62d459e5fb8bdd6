"""What a newsletter looks like: links to leave in every part of every kind, nothing that tracks, nothing that scripts."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string

from privacy.consent.vocabulary import Matter
from privacy.ground import references
from privacy.messages import outbox, pieces, unsubscribe, writing
from privacy.messages.kinds import KINDS
from privacy.messages.mail import envelope
from privacy.messages.newsroom import Campaign
from privacy.register import profiles, subjects
from privacy.tests.people import NOON

MARKETING = sorted(name for name, kind in KINDS.items() if kind.is_marketing and not name.startswith("tests."))
PIECE = pieces.Piece(
    "halo-ring", "Halo ring", "A ring.", "/product/halo-ring/", "/static/img/pieces/h-480.webp", 480, 600, "h-480.webp"
)


@pytest.fixture
def catalogue(monkeypatch):
    found = pieces.Catalogue(
        choices=lambda: [("halo-ring", "Halo ring")],
        find=lambda slugs: [PIECE for _ in slugs],
        jpeg=lambda piece: b"\xff\xd8" + piece.source.encode(),
    )
    monkeypatch.setattr(pieces, "_catalogue", found)


@pytest.fixture
def mona(db):
    return subjects.new(by="test", at=NOON)


def letter(mona, **changes):
    words = {"title": "The autumn case", "preheader": "Three rings", "body": "<p>Look.</p>", "topic": "care"} | changes
    campaign = Campaign.objects.create(reference=references.new("NL"), created_at=NOON, **words)
    return writing.written(campaign, writing.Reader(mona.pk, "mona@example.com", NOON))


@pytest.mark.promise("JS-28", "JE-24")
@pytest.mark.parametrize("name", MARKETING)
def test_every_marketing_mail_carries_link_and_headers(name, mona):
    known = {"shop": profiles.current(), "site_url": "http://127.0.0.1:8000", "unsubscribe_url": "https://x/leave"}
    known |= {"preferences_url": "https://x/preferences", "topic": "Care", "channel": "by e-mail", "agreed_at": NOON}
    for part in ("txt", "html"):
        told = render_to_string(f"{KINDS[name].template}.{part}", known)
        foot = told[max(0, told.rindex("You receive this because") - 200) :]
        wanted = ("https://x/leave", "https://x/preferences", "on 2 November 2026 you agreed to", "12 Orchard Lane")
        assert [words for words in wanted if words not in foot] == []
    message = outbox.post_rendered(
        KINDS[name], to="mona@example.com", subject=mona, title="x", text="x", html="x", by="test", at=NOON
    )
    headers = envelope(message).extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    key = re.search(r"key=([^>]+)>", headers["List-Unsubscribe"])[1]
    assert unsubscribe.read(key).subject_id == mona.pk


def test_no_marketing_template_stands_on_another_page():
    assert len(MARKETING) >= 3
    for name in MARKETING:
        for part in ("txt", "html"):
            told = render_to_string(
                f"{KINDS[name].template}.{part}", {"unsubscribe_url": "LEAVE", "shop": profiles.current()}
            )
            assert "LEAVE" in told, f"{name}.{part} does not stand on emails/marketing.{part}"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ('<p onclick="x()">A<script>x()</script></p>', "<p>A</p>"),
        ('<a href="javascript:x()">A</a>', "<a>A</a>"),
        ('<a href="https://shop.example/x" target="_blank" class="y">A</a>', '<a href="https://shop.example/x">A</a>'),
        ('<a href="/stones/">A</a>', '<a href="http://127.0.0.1:8000/stones/">A</a>'),
        ('<p>A<img src="https://tracker.example/1.gif"></p>', "<p>A</p>"),
        ('<p style="background:url(//tracker.example)">A</p><style>p{}</style>', "<p>A</p>"),
        ("<h1>A</h1><iframe src=//x></iframe><form><input></form>", "<h2>A</h2>"),
        ("<div>A<br>B</div><!-- c -->", "<div>A<br>B</div>"),
    ],
    ids=["script", "javascript", "link", "our-own", "picture", "style", "frame", "comment"],
)
def test_the_text_holds_words_and_links_and_nothing_else(settings, typed, kept):
    settings.LOUPE_PUBLIC_URL = "http://127.0.0.1:8000"
    assert writing.sanitised(typed) == kept
    assert writing.sanitised(kept) == kept


LOADED = re.compile(
    r"(?:src|srcset|background|data|poster)\s*=\s*[\"']?([^\"'\s>]*)|url\(([^)]*)\)|<link|<script|@import", re.I
)


@pytest.mark.promise("JE-57")
def test_opening_a_newsletter_fetches_nothing_for_its_pictures_travel_inside_it(catalogue, mona):
    other = subjects.new(by="test", at=NOON)
    sent = [posted(person, letter(person, pieces=["halo-ring", "halo-ring"])) for person in (mona, other)]
    for mail in sent:
        html = mail.alternatives[0].content
        assert [found.group(1) for found in LOADED.finditer(html)] == ["cid:halo-ring@pieces"] * 2
        assert mail.message().get_content_type() == "multipart/related"
    enclosed = [[(part["Content-ID"], part.get_payload(decode=True)) for part in mail.attachments] for mail in sent]
    assert enclosed[0] == enclosed[1] == [("<halo-ring@pieces>", b"\xff\xd8h-480.webp")]
    without_leave = [re.sub(r"key=[\w-]+", "", mail.alternatives[0].content) for mail in sent]
    assert without_leave[0] == without_leave[1], "nothing else tells one reader from another"


def posted(person, written):
    """The mail as it leaves."""
    message = outbox.post_rendered(
        writing.KINDS[Matter.CARE],
        to="mona@example.com",
        subject=person,
        title=written.title,
        text=written.text,
        html=written.html,
        by="test",
        at=NOON,
    )
    return envelope(message)


def test_a_piece_that_is_sold_meanwhile_leaves_its_name_and_fetches_nothing(catalogue, mona, monkeypatch):
    written = letter(mona, pieces=["halo-ring"])
    monkeypatch.setattr(pieces, "_catalogue", pieces.Catalogue(choices=list, find=lambda _: [], jpeg=lambda _: b""))
    mail = posted(mona, written)
    assert mail.attachments == []
    assert 'src="cid:halo-ring@pieces" alt="Halo ring"' in mail.alternatives[0].content


def test_a_page_shows_the_same_picture_from_our_own_site(catalogue, mona):
    shown = pieces.on_a_page(letter(mona, pieces=["halo-ring"]).html)
    assert re.findall(r'<img src="([^"]*)"', shown) == ["/static/img/pieces/h-480.webp"]


def test_links_in_the_text_go_where_they_say(mona):
    html = letter(mona, body='<p><a href="https://example.com/care">Care</a></p>').html
    assert '<a href="https://example.com/care">Care</a>' in html


def test_the_text_part_stands_alone(catalogue, mona):
    body = (
        '<h2>New</h2><p>Three &amp; more, <a href="https://x.example/a">here</a>.</p><ul><li>one</li><li>two</li></ul>'
    )
    told = letter(mona, body=body, pieces=["halo-ring"]).text
    assert "New\n\nThree & more, here (https://x.example/a).\n\n- one\n- two" in told
    assert "Halo ring\nA ring.\n" in told
    assert not re.search(r"<\w", told)


def test_a_title_with_markup_is_words(mona):
    told = letter(mona, title="<b>Sale</b> & more")
    assert "&lt;b&gt;Sale&lt;/b&gt; &amp; more" in told.html
    assert "<b>Sale</b> & more" in told.text


@pytest.mark.parametrize("matter", sorted(writing.KINDS), ids=str)
def test_each_topic_has_a_kind_that_asks_for_a_yes_to_it(matter):
    assert writing.KINDS[Matter(matter)].matter is matter
    assert writing.KINDS[Matter(matter)].is_marketing
