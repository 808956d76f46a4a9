"""The matching engine: pure functions from values to features, keys, evidence, decisions, clusters.

The same code scores one record against the hub and a file of a million: a single record is a
frame of one row. All weights are integers in 1/1024 bit, so sums are exact in any order.
"""
