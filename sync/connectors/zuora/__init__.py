"""Zuora by its REST interface, asked what changed by ZOQL."""
