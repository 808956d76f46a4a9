"""What every view of the public API does alike: problems, strict JSON, cursors, preconditions.

A view derives from `view.ContractView`, names its scopes, and raises `problems.Problem`.
"""
