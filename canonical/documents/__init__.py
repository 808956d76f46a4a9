"""Golden records as consumers read them: found, listed, as of a time, masked and expanded."""
