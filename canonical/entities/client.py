"""A client: an organisation or person the firm works for, or may work for."""

from __future__ import annotations

from canonical.attributes import Classification, ListStrategy
from canonical.entities import columns, parts
from canonical.entities.base import GoldenRecord, History


class Client(GoldenRecord):
    """The golden client. Refers to its parent client and to the resource who owns the account."""

    ENTITY, PATH, PREFIX = "client", "clients", "CL"
    TITLE = ("legal_name", "trading_name")

    legal_name = columns.text(mandatory=True, identifying=True, help="Registered name.")
    trading_name = columns.text(identifying=True)
    party_type = columns.code("party_type", mandatory=True)
    identifiers = columns.listing(
        *parts.IDENTIFIER, keys=(("scheme", "country", "value"),), identifying=True
    )
    lei = columns.text(20, identifying=True, help="ISO 17442, with check digits.")
    duns = columns.text(9, identifying=True)
    tax_ids = columns.listing(
        *parts.TAX_ID, keys=(("country", "value"),), identifying=True, approval="tax"
    )
    legal_form = columns.text(60, help="ISO 20275 code where known.")
    parent = columns.reference("client", "canonical.Client", ordering=True)
    addresses = columns.listing(
        *parts.ADDRESS, strategy=ListStrategy.WINNER_PER_KEY, keys=(("role",),), identifying=True
    )
    contacts = columns.listing(
        *parts.CONTACT,
        keys=(("email",), ("name", "role")),
        classification=Classification.CONFIDENTIAL,
        identifying=True,
    )
    website = columns.uri(identifying=True)
    email = columns.email(identifying=True)
    phone = columns.phone(identifying=True)
    industry = columns.record(*parts.INDUSTRY)
    language = columns.language()
    currency = columns.currency()
    payment_terms = columns.record(*parts.PAYMENT_TERMS, approval="terms")
    credit_limit = columns.money(classification=Classification.CONFIDENTIAL)
    credit_limit_currency = columns.money_currency()
    tax_exempt = columns.boolean()
    tax_jurisdiction = columns.code("tax_jurisdiction")
    account_owner = columns.reference("resource", "canonical.Resource")
    responsible_entity = columns.code("legal_entity")
    acceptance = columns.record(*parts.ACCEPTANCE, classification=Classification.CONFIDENTIAL)
    bank_accounts = columns.listing(
        *parts.BANK_ACCOUNT,
        keys=(("iban",),),
        classification=Classification.RESTRICTED,
        approval="bank",
    )
    client_status = columns.code("client_status", mandatory=True)

    history = History()

    class Meta:
        verbose_name = "client"
        verbose_name_plural = "clients"
