from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A review is of what reached its author, and this app knows what did."""
        from orders import received
        from shop import reviews

        reviews.ask_of(received.products)
