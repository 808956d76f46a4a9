"""The failure catalogue, each fault under its number."""
