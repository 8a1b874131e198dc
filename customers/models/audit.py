"""Who did what to which thing, written in the same transaction as the deed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Staff


class AuditEntry(models.Model):
    """One effect by one person. Append only; no personal data in `detail`."""

    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("actor"))
    action = models.CharField(_("action"), max_length=64)
    subject = models.CharField(_("subject"), max_length=64)
    subject_id = models.BigIntegerField(_("subject id"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["subject", "subject_id", "at"], name="audit_by_subject"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
        ]
