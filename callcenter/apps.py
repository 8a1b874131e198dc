from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CallcenterConfig(AppConfig):
    name = "callcenter"
    verbose_name = _("Call centre")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make contact histories importable."""
        from callcenter import importing
        from customers.importing import targets

        targets.register(importing.TARGET)
