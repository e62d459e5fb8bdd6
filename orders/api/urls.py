"""The API addresses of this app, under `/api/v1/`."""

from django.urls import URLPattern, URLResolver

router_patterns: list[URLPattern | URLResolver] = []
