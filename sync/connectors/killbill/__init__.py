"""Kill Bill by its REST interface."""
