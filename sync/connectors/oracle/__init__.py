"""Oracle Fusion by its REST resources."""
