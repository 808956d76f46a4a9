"""Confluence Cloud by its REST interface, version 2."""
