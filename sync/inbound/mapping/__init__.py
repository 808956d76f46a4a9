"""From one system's payload to canonical values, by configuration.

`expressions` bounds JMESPath, `rules` applies one rule, `record` one mapping; `spec` reads a
mapping from data and is the way in.
"""

from sync.inbound.mapping.record import MappedRecord, Mapping
from sync.inbound.mapping.rules import MappingIssue
from sync.inbound.mapping.spec import MappingError, compile_mapping

__all__ = ["MappedRecord", "Mapping", "MappingError", "MappingIssue", "compile_mapping"]
