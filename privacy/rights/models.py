"""Everything the rights wing writes down, by noun: requests, the steps of an erasure, copies and transfers, legal holds.

These rows are the record that a right was honoured, so they outlive the person's data.
"""

from privacy.rights.hold_models import LegalHold, LegalHoldQuerySet
from privacy.rights.kinds import Kind
from privacy.rights.package_models import ExportPackage, Transfer, TransferState
from privacy.rights.request_models import BY_LINK, GUESTS, LINK_LIVES, Channel, DataRequest, DataRequestQuerySet, State
from privacy.rights.restriction_models import Restriction, RestrictionQuerySet
from privacy.rights.step_models import ErasureStep, StepKind, StepState

__all__ = [
    "BY_LINK", "GUESTS", "LINK_LIVES", "Channel", "DataRequest", "DataRequestQuerySet", "ErasureStep", "ExportPackage",
    "Kind", "LegalHold", "LegalHoldQuerySet", "Restriction", "RestrictionQuerySet", "State", "StepKind", "StepState",
    "Transfer", "TransferState",
]  # fmt: skip
