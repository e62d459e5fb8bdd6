"""The bands of age there are. How one is stated and read: `register.ages`."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices

from privacy.register.vocabulary import Purpose


class AgeBand(TextChoices):
    """How old somebody said they are, youngest first: no closer than the law and our policies ask."""

    FROM_13 = "13_15", "13 to 15"
    FROM_16 = "16_17", "16 or 17"
    ADULT = "adult", "18 or older"


MINOR: Final = (AgeBand.FROM_13, AgeBand.FROM_16)

NOT_FOR_MINORS: Final = frozenset({Purpose.MARKETING, Purpose.RECOMMENDATIONS, Purpose.REVIEWS})
"""What no minor's data are used for, whatever they ticked: no advertising, no picture of their taste (DSA Art. 28(2)), and nothing
of theirs is published."""
