"""The capability matrix of customers/access.py as DRF permissions."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from customers.access import can


class MayReadApi(BasePermission):
    """Allow whoever may read the API at all: its root, its schema, its documentation."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return can(request.user, "api.read")


class HasCapability(BasePermission):
    """Allow whoever may read the API and holds the view's own `capability`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return can(request.user, "api.read") and can(request.user, view.capability)
