"""The project and the shop window: what is on sale, and the settings that everything runs on."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
