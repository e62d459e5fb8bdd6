"""The closed lists of consent: what somebody can agree to, by which channel, and where they said so.

`implied` is no surface: using the site, scrolling on or keeping silent says nothing, and neither this list nor the database
takes it (GDPR Art. 4(11); CJEU C-673/17, Planet49).
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_network
from typing import Final

from privacy.register.vocabulary import Purpose


class Matter(StrEnum):
    """What somebody can agree to, each on its own."""

    NEW_PIECES = "new_pieces"
    OFFERS = "offers"
    CARE = "care"
    RECOMMENDATIONS = "recommendations"
    FUNCTIONALITY = "functionality"
    PERFORMANCE = "performance"
    TARGETING = "targeting"
    PARTNER_MARKETING = "partner_marketing"
    PUBLISH_REVIEW = "publish_review"
    USE_PHOTO = "use_photo"
    SHARE_WITH_APPRAISER = "share_with_appraiser"
    SENSITIVE_USE = "sensitive_use"

    @property
    def needs_channel(self) -> bool:
        """Whether a yes means nothing without saying how: a topic of messages."""
        return self in TOPICS

    @property
    def words(self) -> str:
        """What it is, as people read it."""
        return WORDS[self]

    @property
    def purpose(self) -> Purpose | None:
        """What a yes lets the shop use data for; None where it lets something be shown or kept, and nothing be used."""
        return PURPOSES.get(self)


TOPICS: Final = frozenset({Matter.NEW_PIECES, Matter.OFFERS, Matter.CARE})
"""What messages can be about. Agreeing to one says nothing about another."""

WORDS: Final[dict[Matter, str]] = {
    Matter.NEW_PIECES: "News about new pieces",
    Matter.OFFERS: "Offers and sales",
    Matter.CARE: "How to care for your pieces",
    Matter.RECOMMENDATIONS: "Recommendations made for you",
    Matter.FUNCTIONALITY: "Remembering how you like the site",
    Matter.PERFORMANCE: "Counting how the site is used",
    Matter.TARGETING: "Advertising chosen for you",
    Matter.PARTNER_MARKETING: "Advertising together with partners",
    Matter.PUBLISH_REVIEW: "Publishing your review",
    Matter.USE_PHOTO: "Showing your photo",
    Matter.SHARE_WITH_APPRAISER: "Sharing details with an appraiser",
    Matter.SENSITIVE_USE: "Other uses of sensitive information",
}


PURPOSES: Final[dict[Matter, Purpose]] = {
    **dict.fromkeys([*TOPICS, Matter.TARGETING, Matter.PARTNER_MARKETING], Purpose.MARKETING),
    Matter.RECOMMENDATIONS: Purpose.RECOMMENDATIONS,
    Matter.PERFORMANCE: Purpose.STATISTICS,
    Matter.PUBLISH_REVIEW: Purpose.REVIEWS,
}


class Channel(StrEnum):
    """How a message reaches somebody."""

    EMAIL = "email"
    SMS = "sms"
    POST = "post"

    @property
    def words(self) -> str:
        """How it reaches them, as people read it."""
        return {Channel.EMAIL: "by e-mail", Channel.SMS: "by text message", Channel.POST: "by post"}[self]


class Surface(StrEnum):
    """Where somebody said yes or no."""

    BANNER = "banner"
    COOKIE_SETTINGS = "cookie_settings"
    PREFERENCES = "preferences"
    CHECKOUT = "checkout"
    ORDER = "order"
    SIGN_UP = "sign_up"
    FOOTER_FORM = "footer_form"
    REVIEW_FORM = "review_form"
    UNSUBSCRIBE_LINK = "unsubscribe_link"
    OPT_OUT_LINK = "opt_out_link"
    GPC = "gpc"
    STOP = "stop"
    MAIL = "mail"
    SPAM_REPORT = "spam_report"
    STAFF = "staff"
    ERASURE = "erasure"

    @property
    def words(self) -> str:
        """Where that was, as people read it."""
        return SURFACE_WORDS[self]


SURFACE_WORDS: Final[dict[Surface, str]] = {
    Surface.BANNER: "the cookie banner",
    Surface.COOKIE_SETTINGS: "the cookie settings",
    Surface.PREFERENCES: "your preferences",
    Surface.CHECKOUT: "the checkout",
    Surface.ORDER: "the page of your order",
    Surface.SIGN_UP: "the sign-up form",
    Surface.FOOTER_FORM: "the newsletter form",
    Surface.REVIEW_FORM: "the page of your review",
    Surface.UNSUBSCRIBE_LINK: "the unsubscribe link of a message",
    Surface.OPT_OUT_LINK: "the opt-out page",
    Surface.GPC: "your browser's Global Privacy Control",
    Surface.STOP: "the word STOP",
    Surface.MAIL: "a mail to us",
    Surface.SPAM_REPORT: "your mail program, where you called a mail spam",
    Surface.STAFF: "our staff, for you",
    Surface.ERASURE: "your erasure",
}


def truncated(address: str) -> str:
    """The network an IP address is in, too wide to be one household: `203.0.113.0/24`, a /48 of IPv6; "" for anything else.

    What is truncated already comes back as it is.
    """
    try:
        network = ip_network(address.strip().partition("%")[0], strict=False)
    except ValueError:
        return ""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None:
        network = ip_network(mapped)
    wide = 24 if network.version == 4 else 48
    return str(network.supernet(new_prefix=wide)) if network.prefixlen >= wide else ""
