"""The console's pages that look across apps: home, worklist, golden record, compare, previews.

They read with the models and change through the use cases alone; what a steward confirms is what
an API caller would have sent.
"""
