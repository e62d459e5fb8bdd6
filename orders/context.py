"""What every page shows of the bag: how many things are in it, read from the cookie alone."""

from django.http import HttpRequest

from orders import bag as bags


def bag(request: HttpRequest) -> dict[str, int]:
    """`bag_count` for `base.html`; no query."""
    return {"bag_count": bags.read(request).count}
