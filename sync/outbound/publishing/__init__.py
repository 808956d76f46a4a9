"""From the journal to the feed and the lanes, and what the order of its changes shows."""
