"""Models learnt from answered pairs, and what another model would change."""
