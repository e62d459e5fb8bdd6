"""Did our own mail server see that the mail comes from its sender's domain? Nobody else's word counts (RFC 8601).

A mail may carry any number of Authentication-Results, most of them written by whoever sent it. Only those with our server's name
(`LOUPE_AUTHSERV_ID`) are read, all of them must agree, and what they pass must be the domain in From: by DMARC, or by a DKIM
signature of that domain itself. A server that is named there has to take forged headers with its name off incoming mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from privacy.messages.letters import Letter

HEADER: Final = "Authentication-Results"
PASSED: Final = "pass"
TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s;="]+)|([;=])')


@dataclass(frozen=True)
class Result:
    """One method's verdict: `dmarc`, `pass`, and what it looked at (`header.from`: `example.com`)."""

    method: str
    verdict: str
    about: tuple[tuple[str, str], ...]

    def names(self, property_: str, domain: str) -> bool:
        """Whether it is about this very domain."""
        return (property_, domain) in self.about


def is_proven(letter: Letter) -> bool:
    """Whether our own server vouches that the mail comes from the domain its sender has."""
    mine = settings.LOUPE_AUTHSERV_ID.lower()
    domain = letter.sender.rpartition("@")[2]
    if not mine or not domain or not letter.is_whole:
        return False
    read = [parsed(value) for value in letter.every(HEADER)]
    results = [result for server, given in read if server == mine for result in given]
    disagree = any(result.method == "dmarc" and result.verdict != PASSED for result in results)
    return not disagree and any(_passes(result, domain) for result in results)


def parsed(value: str) -> tuple[str, list[Result]]:
    """The server's name, in lower case, and its verdicts; an unreadable header names nobody."""
    first, *rest = _statements(value)
    server = first[0].lower() if first and "=" not in first else ""
    return server, [result for tokens in rest if (result := _result(tokens))]


def _passes(result: Result, domain: str) -> bool:
    by_dmarc = result.method == "dmarc" and result.names("header.from", domain)
    by_dkim = result.method == "dkim" and (result.names("header.d", domain) or result.names("header.i", f"@{domain}"))
    return result.verdict == PASSED and (by_dmarc or by_dkim)


def _result(tokens: list[str]) -> Result | None:
    """`dkim=pass header.d=example.com` as a verdict."""
    pairs = []
    for at, word in enumerate(tokens):
        if word == "=" and 0 < at < len(tokens) - 1:
            pairs.append((tokens[at - 1].lower(), tokens[at + 1].lower()))
    if not pairs:
        return None
    (method, verdict), *about = pairs
    return Result(method.partition("/")[0], verdict, tuple(about))


def _statements(value: str) -> list[list[str]]:
    """The header's words between semicolons; what is quoted is one word and never an operator."""
    statements: list[list[str]] = [[]]
    for quoted, word, operator in TOKEN.findall(_without_comments(value)):
        if operator == ";":
            statements.append([])
        else:
            statements[-1].append(operator or word or f"\x1a{quoted}")
    return statements


def _without_comments(value: str) -> str:
    """Comments in parentheses nest, and one never begins inside quotes (RFC 5322 3.2.2)."""
    kept, depth, is_quoted, is_escaped = [], 0, False, False
    for character in value:
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif character == '"' and not depth:
            is_quoted = not is_quoted
        elif character == "(" and not is_quoted:
            depth += 1
        elif character == ")" and not is_quoted and depth:
            depth -= 1
            continue
        if not depth:
            kept.append(character)
    return "".join(kept)
