"""The door out: the journal's committed rows become lanes, lanes become deliveries.

`answers` and `content` are at the bottom: what a target's answers mean, and what it is told.
`delivery` claims lanes, builds, sends and settles; `publishing` gives rows their place in the feed
and raises lanes. Subscriptions, replay, deliveries and sweep stand on these. The database is the
queue, wake only rings.
"""
