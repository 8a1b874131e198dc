"""What we can give, and the tests that tell what works."""

from offers.models.catalogue import Offer
from offers.models.experiments import Experiment, ExperimentArm, ExperimentMember

__all__ = ["Experiment", "ExperimentArm", "ExperimentMember", "Offer"]
