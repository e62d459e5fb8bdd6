from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = "Privacy desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Read every app's declarations and probes, then register the checks that compare them with the models."""
        autodiscover_modules("personal_data", "probes")
        from privacy import checks, listeners  # noqa: F401
        from privacy.messages import texts  # noqa: F401 - a worker's gate knows a kind once its module was read
        from privacy.rights import children_emails, conversation_emails, escalation_emails  # noqa: F401 - for the same reason
