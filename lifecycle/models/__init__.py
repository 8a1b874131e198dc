"""Where in life a customer is, and which key moments exist and have happened. One file a noun."""

from lifecycle.models.moments import KeyMoment, MomentKind
from lifecycle.models.stages import Stage, StageDetail, StagePolicy, StageReason

__all__ = ["KeyMoment", "MomentKind", "Stage", "StageDetail", "StagePolicy", "StageReason"]
