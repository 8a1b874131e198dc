"""Django's view of the composition package."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation import gettext_lazy as _


class CvmConfig(AppConfig):
    """The house itself: pages and commands that need several apps."""

    name = "cvm"
    default = True  # another configuration stands below: without this Django would take neither
    verbose_name = _("Customer value management")

    def ready(self):
        """Register the checks, and make tasks sent from pages go to our queue."""
        from cvm import celery, checks  # noqa: F401
        from cvm.backtests import tasks as back_test_tasks
        from cvm.needs import tasks
        from cvm.night import schedule
        from cvm.segments import tasks as segment_tasks
        from cvm.tiers import tasks as ladder_tasks

        schedule.connect()
        back_test_tasks.connect()
        segment_tasks.connect()
        ladder_tasks.connect()
        tasks.connect()


class StaticFiles(StaticFilesConfig):
    """Static files without the parts of vendor packages that no page uses."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "*.map",
        "redoc",
        "drf_spectacular_sidecar/redoc*",
    ]
