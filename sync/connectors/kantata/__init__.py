"""Kantata OX by its REST interface: groups for clients, workspaces for engagements, users read."""
