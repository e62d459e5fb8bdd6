"""The development page that shows the caught mails, newest first.

No script anywhere. The HTML part of a mail is shown in a sandboxed frame under a policy that loads nothing from outside,
as a mail program would show it. Only requests that name this machine are answered, and only its own form may delete.
"""

import base64
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from dev import machine
from dev.mail.letters import LINK, Letter, Letters

STYLESHEET = Path(__file__).with_name("page.css").read_text()
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
SHOWN_HEADERS = ("From", "To", "Reply-To", "List-Unsubscribe", "Message-ID")
EVERY_SECONDS = 4


class Answer(NamedTuple):
    """A response: what it says and how."""

    body: str | bytes
    content_type: str = "text/html; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    headers: dict[str, str] = {}


NOT_FOUND = Answer("There is no such mail.", "text/plain; charset=utf-8", HTTPStatus.NOT_FOUND)


class MailPages:
    """The pages, as functions from a path to an answer."""

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    def get(self, target: str) -> Answer:
        """Answer a GET."""
        url = urlsplit(target)
        if url.path == "/":
            return self._list(parse_qs(url.query).get("to", [""])[0].strip())
        if url.path == "/page.css":
            return Answer(STYLESHEET, "text/css; charset=utf-8")
        if url.path == "/healthz":
            return Answer("ok", "text/plain; charset=utf-8")
        match url.path.strip("/").split("/"):
            case ["mail", key]:
                return self._about(key, _letter)
            case ["mail", key, "html"]:
                return self._about(key, _html_part)
            case ["mail", key, "raw"]:
                return self._about(key, _source)
            case ["mail", key, "attachment", number] if number.isdecimal():
                return self._about(key, lambda letter: _attachment(letter, int(number)))
        return NOT_FOUND

    def post(self, target: str) -> Answer:
        """Answer a POST: there is one, which deletes all mails."""
        if target != "/delete":
            return NOT_FOUND
        self.letters.delete_all()
        return Answer("", status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})

    def _about(self, key: str, answer: Callable[[Letter], Answer]) -> Answer:
        letter = self.letters.get(unquote(key))
        return answer(letter) if letter else NOT_FOUND

    def _list(self, to: str) -> Answer:
        found = self.letters.newest_first(to)
        entries = "".join(_entry(letter) for letter in found)
        nobody = f"No mail to {escape(to)}." if to else "Nothing yet. What the shop sends appears here by itself."
        listing = f'<ol class="letters">{entries}</ol>' if found else f'<p class="empty">{nobody}</p>'
        body = f"""
        <header class="bar">
          <h1>Mail <span class="count">{len(found)}</span></h1>
          <form class="find" action="/"><label>To <input name="to" type="search" value="{escape(to)}"></label></form>
          <form method="post" action="/delete"><button{"" if found else " disabled"}>Delete all</button></form>
        </header>
        <main>{listing}</main>"""
        return Answer(_document("Mail", body, refresh=True))


def _entry(letter: Letter) -> str:
    """A line of the list."""
    preview = " ".join(letter.text.split())[:140]
    return f"""
    <li><a href="/mail/{quote(letter.key)}">
      <span class="to">{escape(", ".join(letter.recipients))}</span>
      <time datetime="{letter.received_at.isoformat()}">{letter.received_at:%d %b %H:%M:%S} UTC</time>
      <strong>{escape(letter.subject or "(no subject)")}</strong>
      <span class="preview">{escape(preview)}</span>
    </a></li>"""


def _letter(letter: Letter) -> Answer:
    """One mail: its headers, its text with links, its HTML part in a frame."""
    here = f"/mail/{quote(letter.key)}"
    headers = "".join(
        f"<dt>{name}</dt><dd>{_linked(letter.header(name))}</dd>" for name in SHOWN_HEADERS if letter.header(name)
    )
    files = "".join(
        f'<li><a href="{here}/attachment/{number}">{escape(file.name)}</a> '
        f"<small>{escape(file.content_type)}, {len(file.content):,} bytes</small></li>"
        for number, file in enumerate(letter.attachments)
    )
    html_part = f"""<section><h2>HTML</h2>
      <iframe title="The HTML part of this mail" src="{here}/html"
              sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></section>"""
    body = f"""
    <header class="bar">
      <a class="back" href="/">All mail</a>
      <a href="/?{urlencode({"to": letter.recipients[0]})}">To {escape(letter.recipients[0])}</a>
      <a href="{here}/raw">Source</a>
    </header>
    <main>
      <h1>{escape(letter.subject or "(no subject)")}</h1>
      <dl>{headers}<dt>Received</dt><dd>{letter.received_at:%d %B %Y, %H:%M:%S} UTC</dd></dl>
      {f"<h2>Files</h2><ul>{files}</ul>" if files else ""}
      <div class="parts">
        {html_part if letter.html else ""}
        <section><h2>Text</h2><pre>{_linked(letter.text)}</pre></section>
      </div>
    </main>"""
    return Answer(_document(letter.subject, body))


def _html_part(letter: Letter) -> Answer:
    """The HTML part as it came, with the pictures that came with it, its links opening outside the frame."""
    page = '<!doctype html><base target="_blank"><meta charset="utf-8">' + letter.html
    for name, picture in letter.pictures.items():
        data = f"data:{picture.content_type};base64,{base64.b64encode(picture.content).decode()}"
        page = page.replace(f'src="cid:{name}"', f'src="{data}"')
    return Answer(page, headers={"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"})


def _source(letter: Letter) -> Answer:
    """The mail as it came over the wire."""
    return Answer(letter.raw, "text/plain; charset=utf-8")


def _attachment(letter: Letter, number: int) -> Answer:
    """A file that came with the mail, to be saved."""
    if number >= len(letter.attachments):
        return NOT_FOUND
    file = letter.attachments[number]
    disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
    return Answer(file.content, "application/octet-stream", headers={"Content-Disposition": disposition})


def _linked(text: str) -> str:
    """Text as HTML, its addresses as links."""
    pieces, end = [], 0
    for found in LINK.finditer(text):
        url = escape(found.group())
        pieces += [escape(text[end : found.start()]), f'<a href="{url}" target="_blank" rel="noreferrer">{url}</a>']
        end = found.end()
    return "".join([*pieces, escape(text[end:])])


def _document(title: str, body: str, *, refresh: bool = False) -> str:
    again = f'<meta http-equiv="refresh" content="{EVERY_SECONDS}">' if refresh else ""
    return f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    {again}
    <title>{escape(title)} · Loupe's mail catcher</title>
    <link rel="stylesheet" href="/page.css">
  </head>
  <body>{body}</body>
</html>"""


def page_server(letters: Letters, port: int) -> ThreadingHTTPServer:
    """The page's HTTP server on the loopback; `serve_forever()` it."""
    pages = MailPages(letters)

    class Handler(BaseHTTPRequestHandler):
        """Carries a request to the pages and an answer back."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(pages.get(self.path) if self._is_local() else NOT_FOUND)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._send(pages.post(self.path) if self._is_local() and self._is_own_form() else NOT_FOUND)

        def _is_local(self) -> bool:
            """Whether the request names this machine: another name pointing here is an attack (DNS rebinding)."""
            return self.headers.get("Host", "").rpartition(":")[0] in (machine.LOOPBACK, "localhost")

        def _is_own_form(self) -> bool:
            """Whether the page itself sent this form; a client without a browser sends no Origin."""
            origin = self.headers.get("Origin")
            return origin is None or origin == f"http://{self.headers['Host']}"

        def _send(self, answer: Answer) -> None:
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            headers = {
                "Content-Type": answer.content_type,
                "Content-Length": str(len(body)),
                "Cache-Control": "no-store",
                "Content-Security-Policy": PAGE_POLICY,
                "Referrer-Policy": "same-origin",  # with "no-referrer" a browser would hide its Origin from us too
                "X-Content-Type-Options": "nosniff",
                **answer.headers,
            }
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            """Stay quiet: an address line may hold somebody's e-mail."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

    return Server((machine.LOOPBACK, port), Handler)
