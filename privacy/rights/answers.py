"""Answering in words: what completes a complaint or a question, and every appeal, which is a complaint.

Nobody answers their own request, and whoever said no does not decide about the appeal against it. What an appeal leads to when it
is right is `rights.appeals`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy.ground import audit
from privacy.rights import requests
from privacy.rights.models import DataRequest, State
from privacy.rights.states import REQUEST


class Missing(Exception):
    """An empty answer is none."""


class NothingToAnswer(Exception):
    """Only what is answered in words is completed by an answer."""


class SamePerson(Exception):
    """Whoever said no does not decide about the appeal."""


def give(request: DataRequest, *, text: str, by: audit.Actor, at: datetime) -> DataRequest:
    """Complete a complaint or a question with what we have to say. The person reads it on the request's page.

    Raises `NothingToAnswer`, `Missing`, `SamePerson`, `requests.OwnRequest`.
    """
    if not request.rule.is_answered:
        raise NothingToAnswer(f"{request} is not answered in words")
    if not text.strip():
        raise Missing
    requests.refuse_own(request, by)
    _refuse_same_person(request, by)
    with transaction.atomic():
        REQUEST.advance(request, State.EXECUTING, by=by, at=at)
        request.answer = text.strip()
        request.save(update_fields=["answer"])
        return requests.complete(request, by=by, at=at)


def _refuse_same_person(request: DataRequest, by: audit.Actor) -> None:
    if request.against is not None and request.against.refused_by == audit.actor(by):
        raise SamePerson("whoever said no does not decide about the appeal")
