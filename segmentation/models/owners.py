"""Which department looks after which layer."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from segmentation.models.choices import Layer


class Department(models.TextChoices):
    MARKET = "market", _("Market department")
    GROUP_CUSTOMER = "group", _("Group-customer department")
    SERVICE = "service", _("Customer-service department")
    COUNTY = "county", _("County branches")


class LayerOwner(models.Model):
    """The owner department of one layer; every layer has one row."""

    layer = models.SmallIntegerField(_("layer"), choices=Layer.choices, primary_key=True)
    department = models.CharField(_("owner department"), max_length=8, choices=Department.choices)

    class Meta:
        verbose_name = _("owner of a layer")
        verbose_name_plural = _("owners of layers")
