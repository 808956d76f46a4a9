"""SAP S/4HANA Cloud: business partners over its OData V2 interface."""
