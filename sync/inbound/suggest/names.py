"""Evidence from names: how a field is called beside what an attribute is called elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from anyascii import anyascii
from rapidfuzz import fuzz

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORDS = re.compile(r"[^a-z0-9]+")
_FILLERS = frozenset({"c", "the", "of", "properties", "fields", "attributes", "custom", "cf"})

# What other systems call it, in the languages their exports come in. The attribute's own name and
# the names of its parts need not be listed.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "legal_name": (
        "company", "company name", "account name", "name", "organisation", "organization",
        "customer name", "client name", "firm", "registered name", "business name", "firma",
        "firmenname", "kunde", "raison sociale", "societe", "razon social", "ragione sociale",
    ),
    "trading_name": ("trade name", "dba", "doing business as", "short name", "alias", "brand"),
    "website": ("web", "url", "homepage", "site", "domain", "internet", "webseite"),
    "email": ("mail", "e mail", "email address", "courriel"),
    "phone": ("telephone", "tel", "phone number", "telefon", "mobile", "telephone number"),
    "currency": ("cur", "currency iso code", "waehrung", "devise", "ccy", "currency code"),
    "language": ("lang", "locale", "sprache", "preferred language"),
    "industry.code": ("sic", "naics", "nace", "industry code", "sector", "branche"),
    "client_status": ("status", "stage", "lifecycle stage", "account status", "customer status"),
    "party_type": ("type", "account type", "customer type", "person or company", "record type"),
    "duns": ("dun bradstreet", "d u n s", "duns number"),
    "lei": ("legal entity identifier", "lei code"),
    "credit_limit": ("credit", "kreditlimit", "credit line"),
    "payment_terms.code": ("terms", "payment term", "zahlungsbedingung", "net terms"),
    "payment_terms.net_days": ("net days", "days net", "payment days", "zahlungsziel"),
    "parent": ("parent account", "parent id", "parent company", "group", "mother company"),
    "account_owner": ("owner", "owner id", "account manager", "relationship manager", "betreuer"),
    "tax_ids.value": (
        "vat", "vat number", "vat id", "vat no", "tax id", "tax number", "ust id", "ustid",
        "ust idnr", "steuernummer", "tva", "nif", "cif", "partita iva", "ein", "tin",
        "tax registration number", "numero de tva",
    ),
    "tax_ids.country": ("vat country", "tax country"),
    "identifiers.value": (
        "registration number", "company number", "register no", "handelsregister",
    ),
    "addresses.lines": (
        "street", "address", "address line", "address 1", "street address", "strasse", "rue",
        "billing street", "addr1", "addr",
    ),
    "addresses.locality": ("city", "town", "ort", "stadt", "ville", "place", "billing city"),
    "addresses.region": ("state", "province", "county", "region", "bundesland"),
    "addresses.postal_code": ("zip", "postcode", "postal code", "plz", "zip code", "code postal"),
    "addresses.country": ("country", "country code", "land", "pays", "nation", "billing country"),
    "contacts.name": ("contact", "contact name", "contact person", "ansprechpartner"),
    "contacts.email": ("contact email", "contact mail"),
    "contacts.phone": ("contact phone", "contact telephone"),
    "bank_accounts.iban": ("iban", "bank account", "account number", "kontonummer"),
    "bank_accounts.bic": ("bic", "swift", "swift code"),
    "name": ("title", "subject", "project", "project name", "opportunity name", "job name"),
    "title": ("name", "subject", "contract name", "description"),
    "contract_number": ("contract no", "contract id", "agreement number", "number"),
    "total_value": ("amount", "value", "tcv", "contract value", "total"),
    "effective_from": ("start", "start date", "begin", "valid from", "from", "beginn"),
    "effective_to": ("end", "end date", "expiry", "valid to", "to", "until", "ende"),
    "client": ("account", "account id", "customer", "customer id", "company id", "client id"),
    "given_name": ("first name", "firstname", "forename", "vorname", "prenom"),
    "family_name": ("last name", "lastname", "surname", "nachname", "nom"),
}  # fmt: skip


@cache
def words(name: str) -> tuple[str, ...]:
    """A name's words: `BillingPostalCode__c` -> billing, postal, code."""
    spaced = _HUMPS.sub(" ", anyascii(name))
    return tuple(w for w in _WORDS.split(spaced.lower()) if w and w not in _FILLERS)


def likeness(name: str, known: Iterable[str]) -> float:
    """How alike a name is to the closest of some names, 0 to 1."""
    said = " ".join(words(name))
    if not said:
        return 0.0
    return max((_alike(said, " ".join(words(each))) for each in known), default=0.0)


def _alike(said: str, known: str) -> float:
    """The same words are 1; a name that only holds the other is worth less the more it adds."""
    if said == known:
        return 1.0
    spelled = fuzz.ratio(said.replace(" ", ""), known.replace(" ", "")) / 100
    ours, theirs = set(said.split()), set(known.split())
    shared = len(ours & theirs) / len(ours | theirs)
    contained = 0.55 + 0.35 * shared if ours >= theirs or theirs >= ours else 0.0
    return max(spelled if spelled > 0.8 else 0.6 * spelled, shared, contained)
