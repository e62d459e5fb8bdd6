"""What the text gateway tells us: a text came in, or what became of one of ours. Believed only with its signature."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from privacy.messages import outcomes, texts, twilio

log = logging.getLogger(__name__)

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""No answer in TwiML: what we answer goes by the outbox, past its gate."""


def signed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view gets the fields of a form that Twilio signed; anything else is refused."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def marked(request: HttpRequest, **named: UUID) -> HttpResponse:
        form = {name: str(value) for name, value in request.POST.items()}
        if not twilio.is_signed(request.get_full_path(), form, request.headers.get("X-Twilio-Signature", "")):
            log.warning("text.refused")
            return HttpResponse("The signature does not match.", status=403, content_type="text/plain")
        return view(form, **named)

    return marked


@signed
def received(form: Mapping[str, str]) -> HttpResponse:
    """A text came in."""
    if form.get("From") and form.get("MessageSid"):
        texts.receive(form["From"], form.get("Body", ""), gateway_id=form["MessageSid"], at=timezone.now())
    return HttpResponse(EMPTY, content_type="text/xml")


@signed
def status(form: Mapping[str, str], message: UUID) -> HttpResponse:
    """What became of one text of ours: only that it did not arrive is kept."""
    if form.get("MessageStatus") in twilio.UNDELIVERED:
        code = form.get("ErrorCode", "")
        outcomes.returned(
            message,
            address=form.get("To", ""),
            is_dead=code in twilio.NOBODY_LATER,
            why=f"{form['MessageStatus']}, code {code or 'none'}",
            by=texts.GATEWAY,
            at=timezone.now(),
        )
    return HttpResponse(status=204)
