"""Records side by side: what they say, what speaks for one and against, what stands in the way."""
