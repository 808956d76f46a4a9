"""The front porch: wiring, and the pages that look across rooms."""
