"""What other companies gave us for a customer who signs in through them, and how it is given back."""

from __future__ import annotations

from typing import Final

import requests
from allauth.socialaccount.models import SocialToken

from privacy.register.declare import Family, Refused

REVOKED_AT: Final[dict[str, str]] = {"google": "https://oauth2.googleapis.com/revoke"}  # RFC 7009
PATIENCE: Final = 10
DONE: Final = {200, 400}  # 400: invalid_token, so it had ended already


class NotRevoked(Refused):
    """The provider did not take the permission back; the erasure tries again."""


def revoke(family: Family) -> int:
    """Give every stored permission of this person back to its provider, then delete it: the eraser of tokens.

    Returns how many. Raises `NotRevoked`. As long as nothing is stored (SOCIALACCOUNT_STORE_TOKENS) there is nothing to do.
    """
    tokens = list(SocialToken.objects.filter(account__user__subject__in=family).select_related("account"))
    for token in tokens:
        address = REVOKED_AT.get(token.account.provider)
        if address is None:
            raise NotRevoked(f"nobody knows how {token.account.provider} takes a permission back")
        _give_back(address, token.token_secret or token.token)  # the refresh token ends the access token, too
        token.delete()
    return len(tokens)


def _give_back(address: str, token: str) -> None:
    try:
        answer = requests.post(address, data={"token": token}, timeout=PATIENCE, allow_redirects=False)
    except requests.RequestException:
        raise NotRevoked("the provider could not be reached")
    if answer.status_code not in DONE:
        raise NotRevoked(f"the provider answered {answer.status_code}")
