"""What people decide about golden records, and what configuration changes set in motion."""
