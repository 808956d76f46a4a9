"""Salesforce, and Certinia PSA on it: one connector, two maps of objects."""
