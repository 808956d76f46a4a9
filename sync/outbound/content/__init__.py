"""What a subscription carries, and what its target is told or would be told."""
