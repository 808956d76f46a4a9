"""The objects of a Salesforce organisation as it describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its type, length, picklist, the object it refers to, and how it may be written."""

    kind: str = "string"
    length: int = 255
    words: tuple[str, ...] = ()
    to: str = ""
    required: bool = False
    updatable: bool = True
    creatable: bool = True


KEY: Final = Field()
TEXT: Final = Field()
MONEY, DATES, FLAG = Field("currency"), Field("date"), Field("boolean")
READ_ONLY: Final = Field(updatable=False, creatable=False)
CURRENCY: Final = Field("picklist", words=("GBP", "EUR", "USD"))


def refers(to: str, **given: Any) -> Field:
    """A reference to another object."""
    return Field("reference", to=to, **given)


def words(*values: str, **given: Any) -> Field:
    """A restricted picklist."""
    return Field("picklist", words=values, **given)


ADDRESS: Final = {
    f"{kind}{part}": Field(length=length)
    for kind in ("Billing", "Shipping")
    for part, length in {"Street": 255, "City": 40, "State": 80, "PostalCode": 20,
                         "Country": 80}.items()
}  # fmt: skip
OBJECTS: Final[dict[str, tuple[str, dict[str, Field]]]] = {
    "Account": ("001", {
        "Name": Field(required=True), "DunsNumber": Field(length=9), "ParentId": refers("Account"),
        "OwnerId": refers("User"), "Phone": Field(length=40), "Website": TEXT, "Industry": TEXT,
        "Type": words("Prospect", "Customer - Direct", "Former Customer"), **ADDRESS,
    }),
    "Contact": ("003", {
        "LastName": Field(length=80, required=True), "FirstName": Field(length=40),
        "Name": READ_ONLY, "Email": Field("email"), "Phone": Field(length=40),
        "AccountId": refers("Account"),
    }),
    "Opportunity": ("006", {
        "Name": Field(length=120, required=True), "AccountId": refers("Account"),
        "StageName": words("Prospecting", "Proposal/Price Quote", "Closed Won", "Closed Lost",
                           required=True),
        "CloseDate": Field("date", required=True), "Amount": MONEY, "Probability": Field("double"),
        "OwnerId": refers("User"), "ContractId": refers("Contract"),
    }),
    "Contract": ("800", {
        "AccountId": refers("Account", required=True), "Name": Field(length=80),
        "ContractNumber": READ_ONLY, "StartDate": DATES, "EndDate": READ_ONLY,
        "Status": words("Draft", "In Approval Process", "Activated", "Expired", "Terminated"),
        "ContractTerm": Field("int"), "CompanySignedDate": DATES, "CustomerSignedDate": DATES,
        "OwnerExpirationNotice": Field("int"),
    }),
    "User": ("005", {
        "FirstName": Field(length=40), "LastName": Field(length=80, required=True),
        "Name": READ_ONLY, "Email": Field("email"), "Username": TEXT, "EmployeeNumber": TEXT,
        "Title": TEXT, "Department": TEXT, "Division": TEXT, "IsActive": FLAG,
        "TimeZoneSidKey": TEXT, "ManagerId": refers("User"),
    }),
    "Pricebook2": ("01s", {
        "Name": Field(required=True), "IsActive": FLAG, "Description": TEXT, "ValidFrom": DATES,
        "ValidTo": DATES,
    }),
    "Product2": ("01t", {"Name": Field(required=True), "ProductCode": TEXT,
                         "QuantityUnitOfMeasure": TEXT}),
    "PricebookEntry": ("01u", {
        "Pricebook2Id": refers("Pricebook2", updatable=False), "UnitPrice": MONEY,
        "Product2Id": refers("Product2", updatable=False), "IsActive": FLAG,
    }),
}  # fmt: skip
