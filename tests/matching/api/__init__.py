"""Stewardship over HTTP."""
