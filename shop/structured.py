"""What a page tells search engines about a piece (schema.org): its mean rating, and nothing that the page does not show."""

from __future__ import annotations

import json
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from shop.models import Product
from shop.reviews import Shown

#: What could end the script, or begin something else in it.
ESCAPES: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def rated(piece: Product, shown: Shown) -> SafeString:
    """A block of JSON-LD with the rating of a piece; empty where nobody's review is shown."""
    if not shown:
        return SafeString()
    told = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": piece.name,
        "aggregateRating": {
            "@type": "AggregateRating",
            "ratingValue": shown.rating,
            "reviewCount": shown.total,
            "bestRating": "5",
            "worstRating": "1",
        },
    }
    data = json.dumps(told).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308  # escaped above
