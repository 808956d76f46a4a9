"""What waits for a person: the list, and what is done with its items."""
