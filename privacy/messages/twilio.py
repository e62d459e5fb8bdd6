"""Twilio, as this shop uses it: texts out, and the signatures of what it tells us. The only module that knows its addresses.

Its own SDK is not used: one POST and one HMAC are all there is to it, and the SDK would bring an asynchronous HTTP stack for them.
*Source*: https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/usage/security
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Any, Final

import requests
from django.conf import settings
from django.urls import reverse

from privacy.messages.transports import InDoubt, NotSent

ANSWER_WITHIN_SECONDS: Final = (3.05, 10)
NOBODY_THERE: Final = frozenset({21211, 21214, 21217, 21614})
"""Twilio's words for *no such number* and *no telephone that takes texts*."""
NOBODY_LATER: Final = frozenset({"30005", "30006"})
"""The same, said after it was tried: unknown number, landline."""
UNDELIVERED: Final = frozenset({"undelivered", "failed"})
COMES_BACK: Final = frozenset({408, 429})


class Twilio:
    """One worker's connection to Twilio."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.auth = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
        self.session.trust_env = False  # no proxy and no .netrc says where personal data go

    @property
    def address(self) -> str:
        """Where its API stands."""
        return str(settings.TWILIO_API_BASE)

    def send(self, to: str, text: str, reference: str) -> str:
        """Ask Twilio to send one text. Returns the number that Twilio gave it. *Raises* `NotSent`, `InDoubt`."""
        form = {"To": to, "From": settings.TWILIO_FROM, "Body": text, "StatusCallback": status_url(reference)}
        url = f"{self.address}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json"
        try:
            answer = self.session.post(url, data=form, timeout=ANSWER_WITHIN_SECONDS, allow_redirects=False)
        except requests.ConnectTimeout as error:
            raise NotSent(type(error).__name__)
        except requests.RequestException as error:
            raise InDoubt(type(error).__name__)
        if answer.status_code == requests.codes.created:
            return str(_said(answer).get("sid", ""))
        raise _refusal(answer.status_code, _said(answer).get("code"))

    def close(self) -> None:
        """Hang up."""
        self.session.close()


def is_signed(path: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio sent this form to this address of ours: HMAC-SHA1 over the address and the sorted fields."""
    if not settings.TWILIO_AUTH_TOKEN:
        return False
    words = f"{settings.LOUPE_PUBLIC_URL}{path}" + "".join(f"{key}{form[key]}" for key in sorted(form))
    made = hmac.digest(settings.TWILIO_AUTH_TOKEN.encode(), words.encode(), "sha1")
    return hmac.compare_digest(base64.b64encode(made), signature.encode())


def status_url(reference: str) -> str:
    """Where Twilio tells us what became of one text of ours."""
    return f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:text_status', args=[reference])}"


def _said(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(status: int, code: object) -> NotSent:
    """Twilio's no. Its own trouble and ours (a wrong key, too many at once) may pass; a wrong number does not."""
    is_about_us = status >= 500 or status in COMES_BACK or status in (401, 403)
    why = f"refused with {status}" + (f", code {code}" if code else "")
    return NotSent(why, is_final=not is_about_us, is_dead=code in NOBODY_THERE)
