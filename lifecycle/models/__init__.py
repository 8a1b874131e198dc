"""Where in life a customer is, and which key moments exist and have happened. One file a noun."""

from lifecycle.models.backtests import BackTest, BackTestBucket
from lifecycle.models.focus_groups import FocusGroup, FocusGroupMember, OfferIdea
from lifecycle.models.moments import KeyMoment, MomentKind
from lifecycle.models.playbooks import Playbook
from lifecycle.models.stages import Stage, StageDetail, StagePolicy, StageReason

__all__ = [
    "BackTest",
    "BackTestBucket",
    "FocusGroup",
    "FocusGroupMember",
    "KeyMoment",
    "MomentKind",
    "OfferIdea",
    "Playbook",
    "Stage",
    "StageDetail",
    "StagePolicy",
    "StageReason",
]
