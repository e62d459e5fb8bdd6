"""The shop's own settings with the floors' addresses added. Only the benchmark's server uses them."""

from shop.settings import *  # noqa: F403, TID251 - the benchmark measures the shop as it is configured
from shop.settings import BASE_DIR, TEMPLATES  # noqa: TID251

ROOT_URLCONF = "bench.urls"
WSGI_APPLICATION = "bench.wsgi.application"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "bench" / "templates")
