"""What other companies gave us for a customer who signs in through them, and how it is given back.

Nothing is stored while SOCIALACCOUNT_STORE_TOKENS is off. Where it was on, an erasure gives each permission back first (`erase`, as
its processor's eraser, outside any transaction and with a disclosure row of its own) and deletes the row afterwards (`forget`).
"""

from __future__ import annotations

from typing import Final

import requests
from allauth.socialaccount.models import SocialToken
from django.conf import settings
from django.db.models import QuerySet

from privacy.register import disclosures
from privacy.register.declare import Family, Processor, Refused
from privacy.register.vocabulary import Purpose

SLUG: Final = "google-sign-in"
REVOKED_AT: Final[dict[str, str]] = {"google": "https://oauth2.googleapis.com/revoke"}  # RFC 7009
PATIENCE: Final = 10
DONE: Final = {200, 400}  # 400: invalid_token, so it had ended already


class NotRevoked(Refused):
    """The provider did not take the permission back; the erasure tries again."""


def is_used() -> bool:
    """Whether this shop lets people sign in through Google."""
    return bool(settings.SOCIALACCOUNT_PROVIDERS["google"]["APPS"])


def processor() -> Processor:
    """Google's entry in the register, for a shop that uses it."""
    return Processor(
        slug=SLUG,
        name="Google, for signing in",
        is_a="companies you sign in through",
        purpose=Purpose.ACCOUNT,
        payload={"token": "socialaccount.SocialToken.token", "refresh_token": "socialaccount.SocialToken.token_secret"},
        after_erasure="What your own account there says about signing in here: you can see and remove it there.",
        eraser=erase,
        erases="The permission it gave us when you signed in.",
        corrects="Nothing to put right: what we know from it, it told us, and it gets back no more than its own permission.",
        hosts=("oauth2.googleapis.com",),
    )


def erase(family: Family) -> str:
    """Give every stored permission of this person back to its provider; returns the receipt. *Raises* `NotRevoked`.

    A token that was given back is blank from then on, so that a provider which refuses one is asked for that one again.
    """
    held = list(_of(family).exclude(token="", token_secret="").select_related("account"))
    for token in held:
        address = REVOKED_AT.get(token.account.provider)
        if address is None:
            raise NotRevoked(f"nobody knows how {token.account.provider} takes a permission back")
        _give_back(address, token)
        SocialToken.objects.filter(pk=token.pk).update(token="", token_secret="")
    return f"{len(held)} permission{'' if len(held) == 1 else 's'} given back"


def forget(family: Family) -> int:
    """Delete the rows of permissions that were given back; returns how many. *Raises* `NotRevoked` while one was not."""
    if is_used() and _of(family).exclude(token="", token_secret="").exists():
        raise NotRevoked("a permission was not given back yet")
    gone, _ = _of(family).delete()
    return gone


def _of(family: Family) -> QuerySet[SocialToken]:
    mine: QuerySet[SocialToken] = SocialToken.objects.filter(account__user__subject__in=family)
    return mine


def _give_back(address: str, token: SocialToken) -> None:
    """One call, written down before it is made. The refresh token ends the access token, too."""
    now, name = disclosures.current(), "refresh_token" if token.token_secret else "token"
    disclosures.record(
        SLUG,
        subject_id=now.subject_id,
        keys=[name],
        purpose=Purpose.ACCOUNT,
        host=disclosures.address(SLUG, address),
        reference=now.reference,
        by=now.by,
        at=now.at,
    )
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no .netrc says where a permission goes
            sent = {"token": token.token_secret or token.token}
            answer = session.post(address, data=sent, timeout=PATIENCE, allow_redirects=False)
    except requests.RequestException:
        raise NotRevoked("the provider could not be reached")
    if answer.status_code not in DONE:
        raise NotRevoked(f"the provider answered {answer.status_code}")
