"""HubSpot CRM, by its objects interface v3."""
