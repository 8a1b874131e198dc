"""Who the customers are, what arrived about them, and what the night said."""

from customers.models.audit import AuditEntry
from customers.models.bills import HistoryBlock, HistoryCheck, MonthlyBill
from customers.models.consent import Consent, DoNotDisturb
from customers.models.customer import Customer, CustomerQuerySet
from customers.models.events import Complaint, Event, NetworkQuality, ServiceLog
from customers.models.exports import Export, SavedView
from customers.models.imports import ImportBatch, ImportChange, ImportReject, MappingTemplate
from customers.models.needs import CustomerTag, Need, NeedKind, SurveyAnswer, SurveyForm, SurveyQuestion, Tag
from customers.models.organisation import Branch, Staff
from customers.models.receiving import EventDelivery, EventReceipt, EventRefusal, SigningKey
from customers.models.relations import Bundle, CircleTie, Family, GroupAccount
from customers.models.reported import ReportedFigure
from customers.models.runs import DayNote, Rollup, Run, RunBucket, Standing, StandingChange
from customers.models.upkeep import CustomerMerge, FieldCheck
from customers.models.usage import Subscription, UsageMonth
from customers.models.versions import PolicyVersion, way_constraints

__all__ = [
    "AuditEntry",
    "Branch",
    "Bundle",
    "CircleTie",
    "Complaint",
    "Consent",
    "Customer",
    "CustomerMerge",
    "CustomerQuerySet",
    "CustomerTag",
    "DayNote",
    "DoNotDisturb",
    "Event",
    "EventDelivery",
    "EventReceipt",
    "EventRefusal",
    "Export",
    "Family",
    "FieldCheck",
    "GroupAccount",
    "HistoryBlock",
    "HistoryCheck",
    "ImportBatch",
    "ImportChange",
    "ImportReject",
    "MappingTemplate",
    "MonthlyBill",
    "Need",
    "NeedKind",
    "NetworkQuality",
    "PolicyVersion",
    "ReportedFigure",
    "Rollup",
    "Run",
    "RunBucket",
    "SavedView",
    "ServiceLog",
    "SigningKey",
    "Staff",
    "Standing",
    "StandingChange",
    "Subscription",
    "SurveyAnswer",
    "SurveyForm",
    "SurveyQuestion",
    "Tag",
    "UsageMonth",
    "way_constraints",
]
