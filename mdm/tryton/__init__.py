"""A real Tryton on this machine, in an environment and a process of its own.

For the demo and for tests: Tryton is GPL software from the package index; nothing of it is
imported here, it is spoken to over its own protocol alone.
"""
