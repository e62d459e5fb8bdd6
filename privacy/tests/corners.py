"""Odd corners in which something of Alice can be hidden, each with the place that a sweep has to name."""

from __future__ import annotations

import base64
import gzip
import io
import json
import quopri
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.core import signing as django_signing
from django.db import connection

from privacy.ground import sealed, sealed_files
from privacy.tests.people import LATER

NIGHT = LATER + timedelta(hours=9)
EMAIL, PHONE, STREET, CITY = "alice@example.com", "+12125550005", "5 Alicetoken Lane", "Aliceville"
NAME = "Alice Tokenaliceson"
BOX = "\u202e\U0001f48e"  # a sign that turns the direction, and a gem


@dataclass(frozen=True)
class Corner:
    """Where something is hidden, how, and where the sweep has to say that it is."""

    hide: Callable[[Path, Any], None]
    place: str


def in_table(text: str | bytes, kind: str = "text") -> Callable[[Path, Any], None]:
    """A table Django does not know."""

    def hide(home: Path, broker: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE odd_corner (id serial PRIMARY KEY, note {kind})")
            cursor.execute("INSERT INTO odd_corner (note) SELECT 'harmless ' || n FROM generate_series(1, 50) n") if (
                kind == "text"
            ) else None
            cursor.execute("INSERT INTO odd_corner (note) VALUES (%s)", [text])

    return hide


def in_folder(name: str, content: bytes) -> Callable[[Path, Any], None]:
    def hide(home: Path, broker: Any) -> None:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return hide


def in_redis(act: Callable[[Any], Any]) -> Callable[[Path, Any], None]:
    def hide(home: Path, broker: Any) -> None:
        act(broker)

    return hide


def in_session(home: Path, broker: Any) -> None:
    payload = django_signing.dumps({"checkout": {"email": EMAIL}}, compress=True)
    apps.get_model("accounts.Session").objects.create(session_key="k" * 32, session_data=payload, expire_date=NIGHT)


def in_sealed_column(home: Path, broker: Any) -> None:
    apps.get_model("privacy.Message").objects.create(
        kind="orders.order_shipped", payload={"to": EMAIL, "text": "x"}, next_attempt_at=NIGHT, created_at=NIGHT
    )


def in_sealed_file(home: Path, broker: Any) -> None:
    (home / "exports").mkdir()
    with sealed_files.create(home / "exports" / "DSR-2222-2222.sealed") as file:
        file.write(archive(f"Dear {NAME}, of {STREET}".encode()))


def archive(content: bytes, name: str = "letter.txt") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return buffer.getvalue()


def mail(to: str, text: str, encoding: str) -> bytes:
    message = EmailMessage()
    message["To"], message["Subject"], message["From"] = to, "A new order", "shop@example.com"
    message.set_content(text, cte=encoding)
    return message.as_bytes()


def log_of(line: str) -> bytes:
    other = b'{"time": "2026-11-02 12:00:00", "level": "INFO", "message": "order.placed", "order": "LP-2222-2222"}\n'
    return other * 20_000 + line.encode() + b"\n" + other * 100


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


TABLE, FILE = "odd_corner.note", "file."
WIDE = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in EMAIL)
CORNERS = {
    "plain text": Corner(in_table(f"write to {EMAIL}."), TABLE),
    "capitals": Corner(in_table(EMAIL.upper()), TABLE),
    "full width": Corner(in_table(WIDE), TABLE),
    "accents on a name beside a town": Corner(in_table(f"Àlíce Tökenaliceson, {CITY}"), TABLE),
    "last name first, beside a street": Corner(in_table(f"TOKENALICESON, Alice; {STREET}"), TABLE),
    "a name between direction signs and a gem": Corner(in_table(f"{BOX}{NAME}\u202c {STREET}"), TABLE),
    "phone with spaces": Corner(in_table("call (212) 555 0005 after six"), TABLE),
    "phone with a country code and dots": Corner(in_table("Tel. +1.212.555.0005"), TABLE),
    "phone with full-width digits": Corner(in_table("２１２-５５５-０００５"), TABLE),
    "percent-encoded": Corner(in_table(f"/unsubscribe?to={quote(EMAIL, safe='')}"), TABLE),
    "percent-encoded twice": Corner(in_table(f"/go?next={quote(quote(f'/x?to={EMAIL}', safe=''), safe='')}"), TABLE),
    "HTML entities": Corner(in_table("".join(f"&#{ord(c)};" for c in EMAIL)), TABLE),
    "quoted-printable": Corner(in_table(quopri.encodestring(EMAIL.replace("@", "=40").encode()).decode()), TABLE),
    "JSON, nested": Corner(in_table(json.dumps({"a": [{"b": {"c": [EMAIL]}}]}), "jsonb"), TABLE),
    "JSON with escapes in a text": Corner(in_table('{"to": "\\u0061lice\\u0040example.com"}'), TABLE),
    "JSON inside JSON, after a line end": Corner(in_table(json.dumps({"raw": json.dumps({"x": f"\n{EMAIL}"})})), TABLE),
    "an array": Corner(in_table(f"{{harmless,{EMAIL}}}", "text[]"), TABLE),
    "base64": Corner(in_table(f"token {b64(f'user={EMAIL};v=1')}"), TABLE),
    "base64, shifted by one": Corner(in_table(f"x{b64(f'user={EMAIL};v=1')}"), TABLE),
    "base64, shifted by two, in JSON": Corner(in_table(json.dumps({"t": f"xY{b64(f'user={EMAIL};v=1')}"})), TABLE),
    "base64 in folded lines": Corner(
        in_table(base64.encodebytes(b" " * 50 + EMAIL.encode() + b" " * 50).decode()), TABLE
    ),
    "compressed, in base64": Corner(
        in_table(base64.urlsafe_b64encode(zlib.compress(f"{EMAIL} ".encode() * 3)).decode()), TABLE
    ),
    "bytes": Corner(in_table(b"\x00\x01" + EMAIL.encode() + b"\xff", "bytea"), TABLE),
    "bytes in UTF-16": Corner(in_table(EMAIL.encode("utf-16"), "bytea"), TABLE),
    "sealed bytes": Corner(in_table(sealed.seal({"to": EMAIL}), "bytea"), TABLE),
    "a sealed token inside a text": Corner(in_table(f"v1:{sealed.seal(EMAIL).decode()}:x"), TABLE),
    "an archive in bytes": Corner(in_table(archive(EMAIL.encode()), "bytea"), TABLE),
    "a session": Corner(in_session, "accounts_session.session_data"),
    "a sealed column": Corner(in_sealed_column, "privacy_message.payload"),
    "a Redis text": Corner(in_redis(lambda r: r.set("hidden:text", f"x {EMAIL}")), "redis.hidden:text"),
    "a Redis hash": Corner(in_redis(lambda r: r.hset("hidden:hash", "who", EMAIL)), "redis.hidden:hash"),
    "a task in base64": Corner(
        in_redis(lambda r: r.lpush("hidden:queue", json.dumps({"body": b64(json.dumps([[EMAIL], {}]))}))),
        "redis.hidden:queue",
    ),
    "a Redis key": Corner(in_redis(lambda r: r.set(f"hidden:{EMAIL}", 1)), "redis.(a key that names somebody)"),
    "a long log": Corner(in_folder("logs/web.log", log_of(f'{{"message": "mail to {EMAIL}"}}')), "file.logs/web.log"),
    "a rolled log": Corner(
        in_folder("logs/web.log.1.gz", gzip.compress(log_of(f"mail to {EMAIL}"))), "file.logs/web.log.1.gz"
    ),
    "a picture's notes": Corner(
        in_folder("media/ring.jpg", b"\xff\xd8\xff\xe1Exif\0\0" + EMAIL.encode() + b"\xff\xd9"), "file.media/ring.jpg"
    ),
    "an archive in the media": Corner(in_folder("media/a.zip", archive(archive(EMAIL.encode()))), "file.media/a.zip"),
    "a sealed file": Corner(in_sealed_file, "file.exports/DSR-2222-2222.sealed"),
    "a mail to staff": Corner(
        in_folder("mail/new/1.M1P1.x", mail("desk@example.com", f"From {NAME} in {CITY} " * 9, "quoted-printable")),
        "file.mail/new/1.M1P1.x",
    ),
    "a mail in base64": Corner(
        in_folder("mail/new/1.M1P1.x", mail("desk@example.com", f"Call {PHONE}, please", "base64")),
        "file.mail/new/1.M1P1.x",
    ),
    "a file name": Corner(in_folder(f"media/{EMAIL}.txt", b"x"), "file name.name"),
}
