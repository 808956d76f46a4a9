"""Reconciliation: whether targets hold what they confirmed, and what is done where they do not.

comparison tells the difference, runs reads a target from end to end, healing does what the policy
of the subscription says.
"""
