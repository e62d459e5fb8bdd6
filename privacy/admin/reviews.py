"""What is to be looked over again, and which links lead nowhere, on top of the desk's first page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from privacy.rights import reviews

MAY_SEE = "privacy.view_register"


def warn_of_reviews(request: HttpRequest) -> None:
    """Tell whoever reads the registers; everybody else has nothing to do with it."""
    if not request.user.has_perm(MAY_SEE):
        return
    if late := reviews.due(on=timezone.now().date()):
        messages.warning(request, f"To be looked over again: {', '.join(each.name for each in late)}.")
    if (last := reviews.last_check()) and last.silent:
        day = f"{last.at:%-d %B}"
        messages.warning(request, f"Links that did not answer on {day}: {', '.join(last.silent)}.")
