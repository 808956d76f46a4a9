"""What a client is in Kill Bill: an account, our code its external key.

Kill Bill never changes an account's external key, currency, time zone or bill cycle day once they
are set. The last two are for those who bill there to choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sync.connectors.forms import COUNTRY, CURRENCY, EMAIL, LINES, PHONE, REFERENCE
from sync.connectors.profile import Field, Object, Profile

ADDRESS: Final = "addresses[role=billing]"
#: What Kill Bill adds to an account that is read, and takes in none that is written.
ITS_OWN: Final = ("auditLogs", "accountBalance", "accountCBA")
ACCOUNT: Final = Object(
    "client",
    "account",
    (
        Field("name", "legal_name", required=True, otherwise=("trading_name",)),
        Field("company", "trading_name"),
        Field("currency", "currency", CURRENCY),
        Field("email", "email", EMAIL),
        Field("phone", "phone", PHONE),
        Field("parentAccountId", "parent", REFERENCE),
        Field("lines", f"{ADDRESS}.lines", LINES),
        Field("city", f"{ADDRESS}.locality"),
        Field("state", f"{ADDRESS}.region"),
        Field("postalCode", f"{ADDRESS}.postal_code"),
        Field("country", f"{ADDRESS}.country", COUNTRY),
    ),
    id="accountId",
    modified="modified",
    rules=({"to": "party_type", "constant": "organization"},),
)
KILLBILL: Final = Profile(
    "killbill",
    "Kill Bill",
    {ACCOUNT.entity: ACCOUNT},
    {
        "api_key": "",  # the tenant's; its secret stands behind the password
        "key_field": "golden_id",  # custom fields of an account: our code,
        "status_field": "golden_status",  # and whether we still use it
    },
)


def outward(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an account: its address has two lines."""
    body = dict(values)
    if "lines" in body:
        first, _, rest = str(body.pop("lines") or "").partition("\n")
        body |= {"address1": first or None, "address2": rest.replace("\n", ", ") or None}
    return body


def inward(account: Mapping[str, Any]) -> dict[str, Any]:
    """An account that was read, as the field map sees it, with the time of its last change."""
    lines = "\n".join(filter(None, (account.get("address1"), account.get("address2"))))
    logs = account.get("auditLogs") or ()
    modified = max((str(log.get("changeDate") or "") for log in logs), default="")
    seen = {name: value for name, value in account.items() if name not in ITS_OWN}
    return {**seen, "lines": lines or None, "modified": modified or None}
