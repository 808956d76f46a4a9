"""The door in: files and requests become source records in canonical shape."""
