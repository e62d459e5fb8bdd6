"""How a signed paper of ours is checked: each look and how it came out, and what became of the whole.

Certificates of erasure (`proof.certificates`) and receipts for consent (`proof.receipts`) are both a document, a signature over its
canonical JSON, and the name of the key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from privacy.proof import signing
from privacy.proof.signing import NotCanonical

MAX_PASTED: Final = 100_000


class Unreadable(ValueError):
    """What was given is no signed paper of ours."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and how it came out; `is_good` is None where there was nothing to look at."""

    words: str
    is_good: bool | None


@dataclass(frozen=True)
class Verdict:
    """What became of a check: whether the paper holds, why, what it says, and every single look."""

    is_valid: bool
    words: str
    document: Mapping[str, Any] | None = None
    checks: tuple[Check, ...] = ()


def signed(document: Mapping[str, signing.Json]) -> dict[str, Any]:
    """The paper a holder downloads: *document*, its signature under the present key, and how to check it."""
    return {
        "document": document,
        "signature": signing.sign(signing.canonical(document)),
        "algorithm": signing.ALGORITHM,
        "key_id": signing.key_id(),
        "signed_over": "the document as JSON with sorted keys, no spaces, UTF-8",
    }


def parsed(text: str, *, what: str, formats: Sequence[str], otherwise: str) -> dict[str, Any]:
    """A paper from its JSON text: *what* it is called, its known *formats*, what to say of no JSON. Raises `Unreadable`."""
    if len(text) > MAX_PASTED:
        raise Unreadable(f"That is too long to be a {what}.")
    try:
        paper = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(otherwise)
    document = paper.get("document") if isinstance(paper, dict) else None
    signature = paper.get("signature") if isinstance(paper, dict) else None
    if not isinstance(document, dict) or not isinstance(signature, str) or document.get("format") not in formats:
        raise Unreadable(f"This JSON is not a {what} of ours: it needs a document, its format and a signature.")
    return dict(paper)


def signature_looks(
    document: Mapping[str, Any], signature: object, keys: Mapping[str, str], what: str
) -> Iterator[Check]:
    """Whether the key is one of *keys* (public ones, by name), and whether *signature* was made with it over *document*."""
    name = str(document.get("key_id"))
    if name not in keys:
        yield Check(f"{what} names the key {name[:32]}, which is none of the published ones.", False)
        return
    yield Check(f"{what} names the published key {name}.", True)
    holds = isinstance(signature, str) and signing.fits(text_of(document), signature, keys[name])
    fits = "fits the document" if holds else "does not fit the document: it was changed, or it is not ours"
    yield Check(f"{what} {fits}.", holds)


def text_of(document: Mapping[str, Any]) -> str:
    """The canonical text, or one that no signature fits where the document has none."""
    try:
        text = signing.canonical(document)
        text.encode()
    except (NotCanonical, UnicodeEncodeError):
        return ""
    return text
