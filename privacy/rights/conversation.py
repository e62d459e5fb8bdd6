"""Messages both ways about one request. Its person and the desk read them on a page; the mail about one carries only a link.

A mail lies in an inbox that others may read, and these words may be about anything. Cards' numbers are masked before they are
kept. `rights.conversation_templates` holds what staff often write.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.core.files import File
from django.db import transaction

from privacy.ground import audit
from privacy.messages import cards
from privacy.register import subjects
from privacy.rights import attachments, conversation_emails
from privacy.rights.conversation_models import RequestMessage, RequestMessageQuerySet
from privacy.rights.models import DataRequest, Kind, State

MOST_A_DAY: Final = 20
"""Messages from one person about one request."""


class Closed(Exception):
    """The request has ended, or its erasure has begun: what were written now would be kept for nobody."""


class Empty(ValueError):
    """A message without words."""


class TooLong(ValueError):
    """Longer than a page can be expected to be read."""


class TooMany(Exception):
    """The person has written so much today that more would only be noise."""


class NotInvolved(PermissionError):
    """Somebody whose request it is not, and who is no staff."""


def write(
    request: DataRequest, *, text: str, attachment: File[Any] | None = None, by: audit.Actor, at: datetime
) -> RequestMessage:
    """Say something about *request*: its person to the desk, or staff to its person.

    *Writes* it sealed; *mails* the other side a link. The first words of staff are the first reply.
    *attachment* is kept with the request, sealed. *Raises* `Empty`, `TooLong`, `Closed`, `TooMany`, `NotInvolved`, and what
    `attachments.add` raises; then nothing was written.
    """
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise Empty
    if len(words) > RequestMessage.LONGEST:
        raise TooLong
    is_staff = speaks_for_the_shop(request, by)
    with transaction.atomic():
        standing = DataRequest.objects.select_for_update(of=("self",)).select_related("subject").get(pk=request.pk)
        if not is_open(standing):
            raise Closed
        if not is_staff and _written_since(standing, at - timedelta(days=1)) >= MOST_A_DAY:
            raise TooMany
        message = RequestMessage.objects.create(
            request=standing,
            is_from_staff=is_staff,
            written_by=audit.actor(by),
            text=cards.masked(words)[0],
            sent_at=at,
        )
        if attachment is not None:
            attachments.add(standing, attachment, by=by, at=at)
        audit.append("request.message", subject=standing.subject_id, obj=standing, by=by, at=at)
        if is_staff:
            _note_reply(standing, at)
            conversation_emails.message_from_us(standing, by=by, at=at)
        else:
            conversation_emails.message_from_them(standing, by=by, at=at)
    request.first_replied_at = standing.first_replied_at
    return message


def of(request: DataRequest) -> list[RequestMessage]:
    """Every message about *request*, the oldest first."""
    return list(request.conversation.all())


def unread(request: DataRequest, *, by: audit.Actor) -> int:
    """How many messages of the other side *by* has not seen."""
    return _to(request, by).unread().count()


def read(request: DataRequest, *, by: audit.Actor, at: datetime) -> int:
    """Note that *by* has seen what the other side wrote. Returns how many were new."""
    return _to(request, by).unread().update(read_at=at)


def is_open(request: DataRequest) -> bool:
    """Whether one can still write about it. An erasure that has begun deletes these messages too."""
    is_going = request.kind == Kind.ERASURE and request.state in (State.EXECUTING, State.PARTLY_DONE)
    return request.is_open and not is_going


def speaks_for_the_shop(request: DataRequest, by: audit.Actor) -> bool:
    """Whether *by* writes as staff; about a request of their own, staff are its person. *Raises* `NotInvolved`."""
    if isinstance(by, str):
        return True
    family = subjects.family(request.subject)
    if (by.subject_id if isinstance(by, audit.Person) else by.pk) in family:
        return False
    if isinstance(by, audit.Person) and by.is_staff:
        return True
    raise NotInvolved


def _to(request: DataRequest, by: audit.Actor) -> RequestMessageQuerySet:
    return RequestMessage.objects.filter(request=request).for_staff(speaks_for_the_shop(request, by))


def _written_since(request: DataRequest, moment: datetime) -> int:
    return RequestMessage.objects.filter(request=request, is_from_staff=False, sent_at__gt=moment).count()


def _note_reply(request: DataRequest, at: datetime) -> None:
    if request.first_replied_at is None:
        request.first_replied_at = at
        request.save(update_fields=["first_replied_at"])
