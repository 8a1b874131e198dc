from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say which kinds of file this app can take in."""
        from customers.importing import bills, happenings, profile, relations, targets

        for target in (
            relations.GROUPS,
            profile.TARGET,
            relations.FAMILIES,
            bills.TARGET,
            relations.BUNDLES,
            happenings.COMPLAINTS,
            happenings.EVENTS,
        ):
            targets.register(target)
