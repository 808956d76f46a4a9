"""What the whole hub does in a second."""
