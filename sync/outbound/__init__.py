"""The door out: the journal's committed rows become lanes, lanes become deliveries.

fanout gives rows their feed position and raises lanes; lanes claims and settles them; deliver
builds and sends; replay sends again. The database is the queue, wake only rings.
"""
