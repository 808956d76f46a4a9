"""Comparators: each turns pairs of normalised values into small integer levels.

Level 0 is "no evidence" (a side is empty); 1 is the strongest contradiction, the last level the
strongest agreement. A level's sentence is what the steward reads.
"""
