from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say which kinds of file this app can take in."""
        from customers.importing import (
            bills,
            circles,
            happenings,
            key_persons,
            network,
            profile,
            relations,
            service_logs,
            subscriptions,
            surveys,
            targets,
            usage,
        )

        for target in (
            relations.GROUPS,
            profile.TARGET,
            relations.FAMILIES,
            circles.TARGET,
            bills.TARGET,
            relations.BUNDLES,
            happenings.COMPLAINTS,
            happenings.EVENTS,
            key_persons.TARGET,
            service_logs.TARGET,
            network.TARGET,
            usage.TARGET,
            subscriptions.TARGET,
            surveys.TARGET,
        ):
            targets.register(target)
