"""Kantata OX: groups for clients, workspaces and milestones, users read."""
