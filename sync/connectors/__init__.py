"""How a target is spoken to: `send(list of messages) -> list of answers`, one module a protocol."""
