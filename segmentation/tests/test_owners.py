from django.utils import translation

from segmentation.models import Layer
from segmentation.owners import owner


def test_every_layer_has_one_owner_department():
    with translation.override("en"):
        owners = {layer.name: owner(layer) for layer in Layer}
    market = "Market department"
    assert owners == {
        "STRATEGIC": market,
        "GROUP": "Group-customer department",
        "ORDINARY": market,
        "GENERAL": market,
    }
