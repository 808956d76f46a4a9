"""Runners of other tools, each executed inside the peers' own environment."""
