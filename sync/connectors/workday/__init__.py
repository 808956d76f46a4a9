"""Workday by its SOAP services. Workday is a source: nothing is written."""
