"""Reach a host that somebody else named, and only a public one.

An address typed by a customer must not make the shop talk to itself, to its neighbours or to the cloud's own services. So: https
on port 443, a name and no number, no password in it; every address the name resolves to must be public; the name is resolved once
and the connection goes to that very address, so that a second answer cannot differ; the certificate is checked for the name;
a redirect is an answer like any other and is never followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

import idna
from django.utils.translation import gettext_noop as _

MAX_ADDRESS: Final = 2_000
PORT: Final = 443
LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
TOP: Final = re.compile(r"[a-z][a-z0-9-]*")  # never all digits: 127.1 and 0x7f000001 are numbers to a resolver
AT_HOME: Final = ("corp", "home", "internal", "intranet", "lan", "local", "localhost", "private")
NEVER: Final = ("alt", "arpa", "example", "invalid", "onion", "test")  # RFC 6761, 7686, 9476: no public name ends so
EMBEDDED: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
            "::/96",
            "fec0::/10",
            "192.0.0.0/24",
            "192.88.99.0/24",
        ),
    )
)  # what leads on to another address, or to nowhere: NAT64, 6to4, Teredo, IPv4 written as IPv6, site-local, protocols

IP = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """This address is not one to send anything to; the words say why."""


class Unreachable(Exception):
    """The host did not take it: no answer, no valid certificate, too slow; the words say which."""


@dataclass(frozen=True)
class Target:
    """A public https address: the host as its certificate names it, and what is asked of it."""

    host: str
    path: str


def read(address: str) -> Target:
    """What *address* names. Looks at the text only. Raises `Refused`."""
    if len(address) > MAX_ADDRESS or not address.isprintable() or " " in address or "\\" in address:
        raise Refused(_("This is not a web address."))
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise Refused(_("This is not a web address."))
    if parts.scheme != "https":
        raise Refused(_("The address must begin with https://, so that nobody can read along."))
    if "@" in parts.netloc:
        raise Refused(_("An address with a name or password in it is not accepted."))
    if port not in (None, PORT):
        raise Refused(_("Only the usual port of https, 443, is accepted."))
    return Target(_host(parts), _path(parts))


def _host(parts: SplitResult) -> str:
    typed = (parts.hostname or "").rstrip(".")
    try:
        ipaddress.ip_address(typed.partition("%")[0])
    except ValueError:
        pass
    else:
        raise Refused(_("Type the name of the host, not a number."))
    try:
        host = idna.encode(typed, uts46=True).decode().lower()
    except idna.IDNAError:
        raise Refused(_("This is not the name of a host."))
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(map(LABEL.fullmatch, labels)) or not TOP.fullmatch(labels[-1]):
        raise Refused(_("This is not the name of a public host."))
    if labels[-1] in (*AT_HOME, *NEVER):
        raise Refused(_("This name does not lead to a public host."))
    return host


def _path(parts: SplitResult) -> str:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise Refused(_("Write the part behind the host in plain letters and %-signs."))
    return path


def is_public(ip: IP) -> bool:
    """Whether *ip* stands on the public internet, for one machine, as it is written."""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        return False
    if any(ip in network for network in EMBEDDED):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def resolve(host: str) -> list[str]:
    """The addresses that *host* has just now, as the system's resolver says."""
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Route:
    """How a host is found and spoken to. There is one, `PUBLIC`; a test that has a server of its own makes another."""

    resolve: Callable[[str], list[str]] = resolve
    is_allowed: Callable[[IP], bool] = is_public
    port: int = PORT
    context: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)


PUBLIC: Final = Route()


def vetted(host: str, route: Route = PUBLIC) -> str:
    """The one address to connect to. Every address the name has must be public, not only the first.

    Raises `Refused` and `Unreachable`.
    """
    try:
        found = [ipaddress.ip_address(each.partition("%")[0]) for each in route.resolve(host)]
    except (OSError, UnicodeError):
        raise Unreachable(_("The name of the host is not known."))
    if not found:
        raise Unreachable(_("The name of the host is not known."))
    if not all(map(route.is_allowed, found)):
        raise Refused(_("The name leads to an address that is not public."))
    return str(found[0])


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was vetted, and checks the certificate for the name."""

    def __init__(self, host: str, ip: str, route: Route, *, timeout: float) -> None:
        self._tls = route.context()
        super().__init__(host, route.port, timeout=timeout, context=self._tls)
        self._ip = ip

    def connect(self) -> None:
        plain = socket.create_connection((self._ip, self.port), self.timeout)
        # Named before the handshake, so that the bell can end a handshake that drips, too.
        self.sock = self._tls.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        self.sock.do_handshake()


def put(
    target: Target,
    ip: str,
    content: Iterator[bytes],
    *,
    headers: Mapping[str, str],
    within: float,
    patience: float = 30,
    route: Route = PUBLIC,
) -> int:
    """PUT *content* to *target* at the address *ip*, which was `vetted`; the headers must say its length.

    *within*: seconds for the whole of it, however slowly the other side drips; *patience*: for a single step. Returns the
    status of the answer, a redirect's included. Raises `Unreachable`.
    """
    connection = _Pinned(target.host, ip, route, timeout=min(patience, within))
    deadline = time.monotonic() + within
    # A drop of an answer every few seconds winds the socket's own clock up again; this one cannot be wound.
    bell = threading.Timer(within, lambda: _hang_up(connection))
    bell.daemon = True
    bell.start()
    try:
        connection.request("PUT", target.path, body=content, headers=dict(headers))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        raise Unreachable(_("The host was too slow.") if time.monotonic() >= deadline else _why(problem))
    finally:
        bell.cancel()
        connection.close()
    if time.monotonic() >= deadline:  # half an answer can look like a whole one
        raise Unreachable(_("The host was too slow."))
    return status


def _why(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return _("The host's certificate is not valid for its name.")
    if isinstance(problem, TimeoutError):
        return _("The host was too slow.")
    if isinstance(problem, ssl.SSLError):
        return _("The host does not speak https as it should.")
    return _("The connection to the host failed or broke off.")


def _hang_up(connection: http.client.HTTPSConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
