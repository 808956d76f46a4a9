"""The crash harness: a hub under kill -9, a receiver that misbehaves, and the ledger check."""
