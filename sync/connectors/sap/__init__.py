"""SAP S/4HANA Cloud: partners, projects and contracts over its OData V2 interfaces."""
