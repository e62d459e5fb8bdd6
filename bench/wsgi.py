"""One server, two handlers: the first three floors run without middleware, everything else as the shop does."""

import os

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.test.utils import override_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

WITHOUT_MIDDLEWARE = ("/floor/bare", "/floor/constant", "/floor/rows")
shop = get_wsgi_application()
with override_settings(MIDDLEWARE=[]):
    floor = WSGIHandler()


def application(environ, start_response):
    """The WSGI entry point."""
    handler = floor if environ["PATH_INFO"] in WITHOUT_MIDDLEWARE else shop
    return handler(environ, start_response)
