"""Lanes on their way to a target: which are due, in which order, how many, and what came of it."""
