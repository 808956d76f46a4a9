"""What the answers of a target mean: try again, give up, break the circuit, call a person."""
