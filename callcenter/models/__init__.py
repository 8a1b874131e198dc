"""Who calls, when, and with what result: one file a noun."""

from callcenter.models.call_lists import CallList, CallListEntry
from callcenter.models.desk import Callback, Contact, PhoneManager, QueueItem
from callcenter.models.dispatch import Dispatch, DispatchDraft

__all__ = ["CallList", "CallListEntry", "Callback", "Contact", "Dispatch", "DispatchDraft", "PhoneManager", "QueueItem"]
