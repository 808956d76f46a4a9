"""What an arriving record meets: what is filed of the others, candidates, and where it belongs."""
