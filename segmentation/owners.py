"""Which department looks after a layer (S-117 to S-119): the market department designs every scheme (S-118), the
group-customer department serves, markets and keeps up the group layer (S-119). The handbook names nobody for the
others; that they stay with the market department is our planning default."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from segmentation.models import Layer

MARKET, GROUP_CUSTOMER = _("Market department"), _("Group-customer department")
OWNERS = {
    Layer.STRATEGIC: MARKET,
    Layer.GROUP: GROUP_CUSTOMER,
    Layer.ORDINARY: MARKET,
    Layer.GENERAL: MARKET,
}


def owner(layer: int) -> str:
    """Return the owning department of a layer in words."""
    return str(OWNERS[Layer(layer)])
