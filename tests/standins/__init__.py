"""Stand-ins for vendors' systems: real servers with state, which refuse and fail as theirs do."""
