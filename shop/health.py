"""How the site is: a page for monitors, and the page for when something broke."""

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers; a broker that is away is told but keeps nobody from shopping."""
    state = {"database": database_answers(), "broker": broker_answers()}
    return JsonResponse(state, status=200 if state["database"] else 503)


def database_answers() -> bool:
    """Whether Postgres ran a statement."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("database.away")
        return False
    return True


def broker_answers() -> bool:
    """Whether Redis answered a ping within a second."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def failed(request: HttpRequest) -> HttpResponse:
    """The 500 page. It asks nothing of the database, the session or the context processors."""
    return HttpResponse(get_template("500.html").render(), status=500)
