from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Newsletters may show what this catalogue has."""
        from privacy.messages import pieces
        from shop import newsletters

        pieces.offer(newsletters.catalogue)
