"""What customers are worth: the value ladder as policy rows, the cohort and its ledger, costs."""

from segmentation.models.choices import Band, Code, CodeReason, CohortState, Layer
from segmentation.models.cohorts import Cohort, CohortMember, CohortPath, LedgerClose, LedgerEntry, LedgerLine
from segmentation.models.costs import ChannelCost
from segmentation.models.owners import Department, LayerOwner
from segmentation.models.policies import TierPolicy
from segmentation.models.segments import Segment, SegmentMember, SegmentSize, SegmentVersion
from segmentation.models.signed import SignedMembers
from segmentation.models.steering import ChannelSteering

__all__ = [
    "Band",
    "ChannelCost",
    "ChannelSteering",
    "Code",
    "CodeReason",
    "Cohort",
    "CohortMember",
    "CohortPath",
    "CohortState",
    "Department",
    "Layer",
    "LayerOwner",
    "LedgerClose",
    "LedgerEntry",
    "LedgerLine",
    "Segment",
    "SegmentMember",
    "SegmentSize",
    "SegmentVersion",
    "SignedMembers",
    "TierPolicy",
]
