"""Pieces picked for the customer who is signed in, on a page of theirs."""

from typing import Any

from django import template

from accounts.models import User
from orders import recommended
from shop import cards

register = template.Library()


@register.inclusion_tag("orders/_picked.html")
def picked_for(user: User) -> dict[str, Any]:
    """The row of pieces with the reason beneath each; nothing where they did not switch it on."""
    suggestions = recommended.for_customer(user.subject)
    articles = cards.articles(each.card for each in suggestions)
    return {"picked": [(article, each.why) for article, each in zip(articles, suggestions, strict=True)]}
