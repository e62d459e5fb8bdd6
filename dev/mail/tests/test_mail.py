"""The mail catcher, through its own doors: SMTP in, the page and the reader out."""

import os
import smtplib
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dev import machine
from dev.mail.letters import Letters, NoLetter
from dev.processes import Processes, Program, answers_http
from dev.services import PROJECT

OUTSIDE = "https://elsewhere.example/pixel.png"


class Catcher:
    """A running mail catcher and the ways to talk to it."""

    def __init__(self, folder: Path) -> None:
        self.smtp_port, self.http_port = machine.free_port(), machine.free_port()
        self.letters = Letters(folder)
        options = (f"--smtp-port={self.smtp_port}", f"--http-port={self.http_port}", f"--maildir={folder}")
        catching = Program(
            name="mail",
            command=(sys.executable, "-W", "error", "-m", "dev.mail", *options),
            answers=lambda: answers_http(self.http_port, "/healthz"),
        )
        self.processes = Processes(logs=folder.parent, environment=os.environ, folder=PROJECT)
        self.processes.start(catching)
        self.processes.wait_for(catching, seconds=60)

    def send(self, to: str, subject: str = "Hello", text: str = "Hello.\n", html: str = "", **headers: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Shop <shop@loupe.example>", to, subject
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        self.post(mail)

    def post(self, mail: EmailMessage, **envelope: str) -> None:
        with smtplib.SMTP(machine.LOOPBACK, self.smtp_port) as client:
            client.send_message(mail, **envelope)

    def ask(self, method: str, path: str, **headers: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection(machine.LOOPBACK, self.http_port, timeout=10)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response, body


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catcher]:
    catcher = Catcher(tmp_path_factory.mktemp("mail") / "box")
    yield catcher
    catcher.processes.stop_all()


@pytest.fixture
def catcher(running: Catcher) -> Catcher:
    running.letters.delete_all()
    return running


def test_a_mail_is_read_as_it_was_sent(catcher: Catcher) -> None:
    text = "Grüße, Zoë.\nConfirm: https://shop.example/confirm/a?b=1&c=2.\n"
    catcher.send("Alice@Example.com", "Ihre Bestellung — 1.250 €", text, "<p>Grüße</p>")
    letter = catcher.letters.latest("alice@example.com")
    assert (letter.subject, letter.text, letter.html) == ("Ihre Bestellung — 1.250 €", text, "<p>Grüße</p>\n")
    assert letter.sender == "Shop <shop@loupe.example>"
    assert letter.links == ["https://shop.example/confirm/a?b=1&c=2"]
    assert letter.link("confirm") == "https://shop.example/confirm/a?b=1&c=2"
    with pytest.raises(LookupError, match="no link with 'unsubscribe'"):
        letter.link("unsubscribe")


def test_the_envelope_says_who_gets_it(catcher: Catcher) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@loupe.example", "list@loupe.example", "News"
    mail.set_content("News.")
    catcher.post(mail, to_addrs="bob@example.com")
    assert catcher.letters.latest("bob@example.com").subject == "News"
    assert catcher.letters.newest_first("list@loupe.example") == []


def test_the_latest_of_several_is_chosen_by_subject(catcher: Catcher) -> None:
    for subject in ("Order LP-1", "Order LP-2", "Password"):
        catcher.send("alice@example.com", subject)
    catcher.send("bob@example.com", "Order LP-3")
    assert [letter.subject for letter in catcher.letters.newest_first()] == [
        "Order LP-3",
        "Password",
        "Order LP-2",
        "Order LP-1",
    ]
    assert catcher.letters.latest("alice@example.com", subject="order").subject == "Order LP-2"


def test_a_mail_that_does_not_come_is_missed_in_time_and_by_name(catcher: Catcher) -> None:
    catcher.send("bob@example.com", "For Bob")
    with pytest.raises(NoLetter, match=r"no mail to alice@example\.com .* 'For Bob'"):
        catcher.letters.latest("alice@example.com", seconds=0.3)


def test_the_page_lists_the_newest_first_and_finds_by_recipient(catcher: Catcher) -> None:
    catcher.send("alice@example.com", "First <b>")
    catcher.send("bob@example.com", "Second")
    _, everything = catcher.ask("GET", "/")
    assert everything.index("Second") < everything.index("First &lt;b&gt;")
    _, hers = catcher.ask("GET", "/?to=alice%40example.com")
    assert "First &lt;b&gt;" in hers
    assert "Second" not in hers


def test_one_mail_shows_text_links_source_and_a_sandboxed_html_part(catcher: Catcher) -> None:
    html = f'<p>Hi</p><script>alert(1)</script><img src="{OUTSIDE}">'
    catcher.send(
        "alice@example.com",
        "Both",
        "See https://shop.example/?a=1&b=2 now <i>",
        html,
        List_Unsubscribe="<https://u.example/1>",
    )
    here = f"/mail/{catcher.letters.latest('alice@example.com').key}"
    _, shown = catcher.ask("GET", here)
    assert '<a href="https://shop.example/?a=1&amp;b=2" target="_blank" rel="noreferrer">' in shown
    assert "now &lt;i&gt;" in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    assert "https://u.example/1" in shown
    assert "<script>" not in shown
    part, body = catcher.ask("GET", f"{here}/html")
    assert "<script>alert(1)</script>" in body  # as it came: the policy, not a filter, keeps it quiet
    policy = part.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "img-src data:;" in policy
    source, raw = catcher.ask("GET", f"{here}/raw")
    assert source.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert raw.startswith("X-MailFrom: shop@loupe.example\r\nX-RcptTo: alice@example.com\r\n")


def test_a_picture_that_came_with_a_mail_is_shown_and_nothing_is_fetched(catcher: Catcher) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "News", "shop@example.com", "mona@example.com"
    mail.set_content("Look.")
    mail.add_alternative(f'<img src="cid:ring@pieces"><img src="{OUTSIDE}">', subtype="html")
    mail.get_payload()[1].add_related(b"\xff\xd8", maintype="image", subtype="jpeg", cid="<ring@pieces>")
    catcher.post(mail)
    letter = catcher.letters.latest("mona@example.com")
    assert (letter.attachments, list(letter.pictures)) == ([], ["ring@pieces"])
    _, page = catcher.ask("GET", f"/mail/{letter.key}/html")
    assert '<img src="data:image/jpeg;base64,/9g="><img src="https://elsewhere' in page


def test_an_attachment_is_saved_never_shown(catcher: Catcher) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@loupe.example", "alice@example.com", "Invoice"
    mail.set_content("Attached.")
    mail.add_attachment(b"<html>x</html>", maintype="text", subtype="html", filename="Rechnung ä.html")
    catcher.post(mail)
    letter = catcher.letters.latest("alice@example.com")
    assert [(file.name, file.content_type) for file in letter.attachments] == [("Rechnung ä.html", "text/html")]
    response, body = catcher.ask("GET", f"/mail/{letter.key}/attachment/0")
    assert body == "<html>x</html>"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Rechnung%20%C3%A4.html"
    assert catcher.ask("GET", f"/mail/{letter.key}/attachment/1")[0].status == 404


def test_delete_all_deletes_all(catcher: Catcher) -> None:
    catcher.send("alice@example.com")
    catcher.send("bob@example.com")
    response, _ = catcher.ask("POST", "/delete")
    assert (response.status, response.headers["Location"]) == (303, "/")
    assert catcher.letters.newest_first() == []
    assert "Nothing yet" in catcher.ask("GET", "/")[1]


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}], ids=str
)
def test_another_site_can_delete_nothing(catcher: Catcher, headers: dict[str, str]) -> None:
    catcher.send("alice@example.com")
    response, _ = catcher.ask("POST", "/delete", **headers)
    assert response.status == 404
    assert len(catcher.letters.newest_first()) == 1


def test_a_name_that_points_here_reads_nothing(catcher: Catcher) -> None:
    catcher.send("alice@example.com", "Secret")
    response, body = catcher.ask("GET", "/", Host=f"evil.example:{catcher.http_port}")
    assert response.status == 404
    assert "Secret" not in body


@pytest.mark.parametrize(
    "path", ["/nothing", "/mail/", "/mail/unknown", "/mail/..%2F..%2Fetc%2Fpasswd", "/mail/x/html"]
)
def test_an_unknown_address_is_a_404(catcher: Catcher, path: str) -> None:
    assert catcher.ask("GET", path)[0].status == 404


def test_nothing_on_the_page_comes_from_outside(catcher: Catcher) -> None:
    response, body = catcher.ask("GET", "/")
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert "http://" not in body
    assert "https://" not in body


def test_a_person_reads_a_mail_follows_its_link_and_deletes_all(catcher: Catcher, new_page: Callable[[], Page]) -> None:
    target = f"http://127.0.0.1:{catcher.http_port}/healthz"
    catcher.send("alice@example.com", "Your order", "Text.", f'<a href="{target}">Look at your order</a>')
    page = new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"http://127.0.0.1:{catcher.http_port}/")
    page.get_by_role("link", name="Your order").click()
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Look at your order").click()
    opened.value.wait_for_url(target)
    page.get_by_role("link", name="All mail").click()
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing yet")
    assert catcher.letters.newest_first() == []
    assert complaints == []
