"""The two doors over HTTP."""
