from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentationConfig(AppConfig):
    name = "segmentation"
    verbose_name = _("Segmentation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make cohort lists importable, and say which years a late correction of bills no longer moves."""
        from customers.importing import targets
        from segmentation import importing

        targets.register(importing.TARGET)
        targets.register_frozen(importing.frozen_years)
