"""NetSuite by its REST record service, asked what changed by SuiteQL."""
