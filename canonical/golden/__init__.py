"""The golden record: computed from what is linked, written with its history and its journal."""
