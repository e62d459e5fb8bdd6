"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Names the app, and listens to the allauth signals that prove an address or renew a password."""

    name = "accounts"
    verbose_name = "Customers and staff"

    def ready(self) -> None:
        """Connect the listeners once every model is loaded."""
        from accounts import listeners

        listeners.connect()
