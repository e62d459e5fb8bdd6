"""Stands in for every host of a third party, on loopback, over TLS: scripts and pixels that do what the vendors' do.

The browser is told that every name but the shop's leads here (`RULES`). What it asks for is written down. Each script keeps what
its vendor's keeps, with the lifetimes that the vendors document, and obeys Consent Mode as Google's does: nothing is kept without a
granted signal.
"""

from __future__ import annotations

import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY: Final = 86_400
#: A picture of one transparent dot.
DOT: Final = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

GTAG: Final = """
(() => {
  const consent = {}, order = [], layer = [...window.dataLayer];
  for (const [verb, what, values] of layer) {
    if (verb !== "consent") continue;
    order.push(what + ":" + Object.entries(values).map((pair) => pair.join("=")).join("+"));
    Object.assign(consent, values);
  }
  const keep = (name, value, seconds, flags) => {
    document.cookie = `${name}=${value}; path=/; max-age=${seconds}; ${flags}`;
  };
  const tell = (url, facts) => {
    const query = new URLSearchParams({ ...facts, referrer: document.referrer, order: order.join(",") });
    new Image().src = `${url}?${query}`;
  };
  for (const [verb, id, said] of layer) {
    if (verb !== "config") continue;
    const facts = { tid: id, dl: said.page_location, ads: String(said.allow_google_signals) };
    if (id.startsWith("G-")) {
      if (consent.analytics_storage === "granted") {
        keep("_ga", "GA1.1.1234567890.1700000000", said.cookie_expires, said.cookie_flags);
        keep("_ga_" + id.slice(2), "GS1.1.1700000000.1.1.1700000000.0.0.0", said.cookie_expires, said.cookie_flags);
      }
      tell("https://region1.google-analytics.com/g/collect", facts);
    } else {
      if (consent.ad_storage === "granted") keep("_gcl_au", "1.1.1234567890.1700000000", 90 * 86400, "SameSite=Lax");
      tell("https://googleads.g.doubleclick.net/pagead/viewthroughconversion/" + id.slice(3) + "/", facts);
    }
  }
})();
"""
HOTJAR: Final = """
(() => {
  const script = document.createElement("script");
  script.src = "https://script.hotjar.com/modules.js";
  document.head.append(script);
})();
"""
HOTJAR_MODULES: Final = """
(() => {
  const id = window._hjSettings.hjid;
  document.cookie = `_hjSessionUser_${id}=eyJpZCI6IjEifQ==; path=/; max-age=${365 * 86400}; SameSite=Lax`;
  document.cookie = `_hjSession_${id}=eyJpZCI6IjIifQ==; path=/; max-age=1800; SameSite=Lax`;
  sessionStorage.setItem("hjViewportId", "1");
  localStorage.setItem("hjActiveViewportIds", "1");
  fetch("https://content.hotjar.io/?" + new URLSearchParams({ referrer: document.referrer })).then((answer) => answer.blob());
})();
"""
SCRIPTS: Final = {
    "www.googletagmanager.com": GTAG,
    "static.hotjar.com": HOTJAR,
    "script.hotjar.com": HOTJAR_MODULES,
}
#: What a vendor keeps on its own domain, with the answer to a picture.
KEPT: Final = {
    "googleads.g.doubleclick.net": f"IDE=AHWqTUm1; Domain=.doubleclick.net; Path=/; Max-Age={390 * DAY}; Secure; SameSite=None",
    "www.facebook.com": f"fr=0abc; Domain=.facebook.com; Path=/; Max-Age={90 * DAY}; Secure; HttpOnly; SameSite=None",
}


@dataclass(frozen=True)
class Asked:
    """One request that reached a third party."""

    host: str
    path: str
    said: dict[str, str]
    referrer: str
    cookies: str


@dataclass
class StandIn:
    """Where the stand-in listens, and what was asked of it."""

    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def rules(self) -> str:
        """Chromium's `--host-resolver-rules`: every name leads here, the shop's own address does not."""
        return f"MAP * 127.0.0.1:{self.port}, EXCLUDE 127.0.0.1"


@contextmanager
def running(folder: Path) -> Iterator[StandIn]:
    """A stand-in that listens until the block ends; its certificate, which nobody checks, lies in *folder*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    server = _Server(("127.0.0.1", 0), _Handler, context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext
    ) -> None:
        super().__init__(address, handler)
        self.context = context
        self.stand_in = StandIn(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the thread of the connection: a browser that hangs up in the middle disturbs nobody else."""
        with self.context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers open connections ahead and drop them: nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_GET(self) -> None:
        host, parts = self.headers["Host"].partition(":")[0], urlsplit(self.path)
        said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        asked = Asked(host, parts.path, said, self.headers.get("Referer", ""), self.headers.get("Cookie", ""))
        assert isinstance(self.server, _Server)
        self.server.stand_in.asked.append(asked)
        script = SCRIPTS.get(host, "")
        body = script.encode() if script else DOT
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "image/gif")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Access-Control-Allow-Origin", "*")
        if host in KEPT:
            self.send_header("Set-Cookie", KEPT[host])
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as http.server names it
        """Nothing to say: what is asked is written down."""


def _certificate(folder: Path) -> Path:
    """A self-signed certificate with its key in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "stand-in.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
