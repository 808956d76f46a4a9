"""What our entities are in Confluence: pages of one space, below the page of their client.

A field is the page's title, its place in the tree, or the heading of a row in our table on it.
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import CODE, DATE, EMAIL, PHONE, REFERENCE, URI
from sync.connectors.profile import Field, Object, Profile, back

TITLE, PARENT, LINK = "title", "parentId", "link"
CLIENT: Final = Object(
    "client",
    "client",
    (
        Field(TITLE, "legal_name", required=True, otherwise=("trading_name",)),
        Field(PARENT, "parent", REFERENCE),
        Field("Status", "client_status", CODE),
        Field("Website", "website", URI),
        Field("E-mail", "email", EMAIL),
        Field("Phone", "phone", PHONE),
    ),
    modified="modified",
    rules=({"to": "party_type", "constant": "organization"},),
)
ENGAGEMENT: Final = Object(
    "engagement",
    "engagement",
    (
        Field(TITLE, "name", required=True),
        Field(PARENT, "client", REFERENCE, required=True),
        Field("Stage", "engagement_stage", CODE),
        Field("Planned start", "planned_start", DATE),
        Field("Planned end", "planned_end", DATE),
        Field("WBS code", "wbs_code"),
        back(LINK, "workspace_uri", URI),
    ),
    modified="modified",
)
CONTRACT: Final = Object(
    "contract",
    "contract",
    (
        Field(TITLE, "title", required=True, otherwise=("contract_number",)),
        Field(PARENT, "client", REFERENCE, required=True),
        Field("Number", "contract_number"),
        Field("Type", "contract_type", CODE),
        Field("Status", "contract_status", CODE),
        Field("Effective from", "effective_from", DATE),
        Field("Effective to", "effective_to", DATE),
        Field("PO number", "po_number"),
        back(LINK, "document_refs[title=Confluence page].uri", URI),
    ),
    modified="modified",
)
CONFLUENCE: Final = Profile(
    "confluence",
    "Confluence",
    {thing.entity: thing for thing in (CLIENT, ENGAGEMENT, CONTRACT)},
    {
        "space_id": "",  # of the space that holds the pages: a number, not its key
        "parent_id": "",  # of the page below which clients stand; without it the space's own
        "property": "assay",  # the content property that keeps our code
    },
)
