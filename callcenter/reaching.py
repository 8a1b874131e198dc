"""By which way a task reaches its customer, and whose it is then: pure columns, a part of arbitration.py."""

from __future__ import annotations

import numpy as np

from callcenter.task_terms import (
    ACCOUNT_MANAGER,
    CALL,
    CHANNELS,
    CODE_A,
    CODE_B,
    CONSENT,
    HALL,
    HOTLINE,
    IN_CONTACT,
    NO_CONTACT,
    ORANGE,
    PHONE_MANAGER,
    ROLES,
    STRATEGIC,
    SYSTEM,
    VISIT,
    Arrays,
    Integers,
    KindTable,
    Mask,
    belongs_to_group,
)
from callcenter.ways import MESSAGES
from customers.frame import Frame


def channel_of(frame: Frame, position: Integers, bit: Integers, kinds: KindTable) -> Integers:
    """Return the channel wanted by the customer's layer and code, as a place in CHANNELS."""
    by_code = np.where(_is_ab(frame, position), kinds.channel_ab[bit], kinds.channel_c[bit])
    special = kinds.channel_strategic[bit]
    return np.where((frame["layer"][position] == STRATEGIC) & (special > 0), special, by_code)


def channel_taken(frame: Frame, position: Integers, bit: Integers, kinds: KindTable) -> Integers:
    """Return the first way the gate lets us go: the wanted channel, else the playbook's messages; 0 for none.

    Whoever is on a list or asked for silence is refused on all of them, so another way is taken for want of consent only.
    """
    wanted = channel_of(frame, position, bit, kinds)
    after = np.where(_is_ab(frame, position)[:, None], kinds.next_ab[bit], kinds.next_c[bit])
    after = np.where(wanted[:, None] == NO_CONTACT, 0, after)
    taken = np.zeros(len(wanted), dtype=np.int64)
    for way in (wanted, *after.T):
        may = _may_reach(frame, position, way, kinds.is_service[bit])
        taken = np.where((taken == 0) & may, way, taken)
    return taken


def owners_of(frame: Frame, tasks: Arrays, kinds: KindTable) -> Arrays:
    """Return role, person and unit: the group department's customers are its own, messages belong to nobody's desk."""
    position, channel = tasks["position"], tasks["channel"]
    role = kinds.owner_role[tasks["bit"]]
    role = np.where(np.isin(channel, [CHANNELS.index(name) for name in MESSAGES]), SYSTEM, role)
    role = np.where(channel == HOTLINE, ROLES.index("hotline"), role)
    role = np.where((channel == IN_CONTACT) & _is_in_hall(frame, position), HALL, role)
    by_person = np.isin(role, (PHONE_MANAGER, SYSTEM)) & np.isin(channel, (CALL, VISIT))
    is_group = belongs_to_group(frame["layer"][position])
    role = np.where(by_person, np.where(is_group | (channel == VISIT), ACCOUNT_MANAGER, PHONE_MANAGER), role)
    account, phone = frame["account_manager_id"][position], frame["manager_id"][position]
    owner = np.where(role == PHONE_MANAGER, phone, np.where(role == ACCOUNT_MANAGER, account, 0))
    hall, county = frame["hall_id"][position], frame["county_id"][position]
    unit = np.where(role == HALL, np.where(hall > 0, hall, county), 0)
    is_grave = (frame["layer"][position] == STRATEGIC) & (tasks["level"] >= ORANGE)
    copied = np.where(is_grave & (role != ACCOUNT_MANAGER), account, 0)
    return {"owner_role": role, "owner": owner, "unit": unit, "copied": copied}


def _is_in_hall(frame: Frame, position: Integers) -> Mask:
    """Return who is in contact with us in a hall rather than by telephone: the work is done where the customer is."""
    came = frame["hall_visit_day"][position]
    is_in_hall: Mask = (came > 0) & (came >= frame["contact_day"][position])
    return is_in_hall


def _is_ab(frame: Frame, position: Integers) -> Mask:
    code = frame["code"][position]
    return (code == CODE_A) | (code == CODE_B)


def _may_reach(frame: Frame, position: Integers, channel: Integers, is_service: Mask) -> Mask:
    """Return whom the gate lets us contact that way at some hour: do-not-disturb, lists, consent of the channel.

    Service needs no consent and passes the lists; only who wants no contact at all is left alone.
    """
    may = channel > 0
    may &= channel != NO_CONTACT
    serves = is_service & frame["may_serve"][position]
    for name, consent in CONSENT.items():
        may &= (channel != CHANNELS.index(name)) | frame[f"may_{consent}"][position] | serves
    return may
