"""What stewards do, by API: reviews, merges, undo, split."""
