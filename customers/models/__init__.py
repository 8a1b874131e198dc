"""Who the customers are, what arrived about them, and what the night said."""

from customers.models.audit import AuditEntry
from customers.models.bills import HistoryBlock, MonthlyBill
from customers.models.consent import Consent, DoNotDisturb
from customers.models.customer import Customer, CustomerQuerySet
from customers.models.events import Complaint, Event
from customers.models.imports import ImportBatch, ImportReject, MappingTemplate
from customers.models.organisation import Branch, Staff
from customers.models.relations import Bundle, Family, GroupAccount
from customers.models.runs import Rollup, Run, RunBucket, Standing

__all__ = [
    "AuditEntry",
    "Branch",
    "Bundle",
    "Complaint",
    "Consent",
    "Customer",
    "CustomerQuerySet",
    "DoNotDisturb",
    "Event",
    "Family",
    "GroupAccount",
    "HistoryBlock",
    "ImportBatch",
    "ImportReject",
    "MappingTemplate",
    "MonthlyBill",
    "Rollup",
    "Run",
    "RunBucket",
    "Staff",
    "Standing",
]
