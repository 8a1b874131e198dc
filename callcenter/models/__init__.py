"""Who calls, when, and with what result: one file a noun."""

from callcenter.models.desk import Callback, Contact, PhoneManager, QueueItem
from callcenter.models.dispatch import Dispatch, DispatchDraft

__all__ = ["Callback", "Contact", "Dispatch", "DispatchDraft", "PhoneManager", "QueueItem"]
