"""PostgreSQL as Django speaks to it, but for how it finds out that a connection is gone."""
