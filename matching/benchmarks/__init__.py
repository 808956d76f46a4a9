"""Benchmarks of matching, run by `manage.py bench NAME`."""
