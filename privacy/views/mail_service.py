"""`/webhooks/mail/<service>/`: what the mail service reports. It is django-anymail that reads it and checks who wrote it.

Only the configured service has a door. Each request carries the shared secret (HTTP basic), and where the service signs, its
signature too; anything else is refused before it is read. What was heard is handed on as a signal (`privacy.listeners`).
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.views.decorators.csrf import csrf_exempt

log = logging.getLogger(__name__)


@csrf_exempt
def reports(request: HttpRequest, service: str, what: str) -> HttpResponse:
    """Take a report of the configured service: *what* is `tracking` or `inbound`."""
    if service != settings.LOUPE_MAIL_SERVICE:
        raise Http404
    view: Any = resolve(f"/{service}/{what}/", urlconf="anymail.urls").func
    try:
        answer: HttpResponse = view(request)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:  # not in the service's words
        log.warning("mail_service.unreadable", extra={"service": service, "error": type(problem).__name__})
        return HttpResponse("This report cannot be read.", status=400, content_type="text/plain")
    return answer
