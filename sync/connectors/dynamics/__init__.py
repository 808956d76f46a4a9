"""Dynamics 365 Finance: customers and projects over its OData V4 interface."""
