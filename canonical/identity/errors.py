"""What can be wrong with a request about identity.

IdentityError
├── NotFound            there is no such record
├── Conflict            the state forbids it: already merged, already undone, ...
│   └── VersionConflict the golden record is not at the version the caller saw
├── Refused             the request itself makes no sense: nothing named, another entity, ...
└── Busy                the records kept changing under the locks; try again
"""

from __future__ import annotations


class IdentityError(Exception):
    """Says in its message what is wrong, for the person or system that asked."""


class NotFound(IdentityError):
    """There is no such record."""


class Conflict(IdentityError):
    """The state of a record forbids it."""


class VersionConflict(Conflict):
    """The golden record is not at the version the caller saw."""


class Refused(IdentityError):
    """The request makes no sense as it stands."""


class Busy(IdentityError):
    """The records kept changing while they were being locked; trying again will work."""
