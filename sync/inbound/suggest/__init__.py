"""Which field of an unknown system's payload is which attribute of ours. Pure.

`fields` takes sample payloads apart, `targets` says what could be filled, `names` and `values`
are the two kinds of evidence, `propose` weighs them, and `spec` writes down what was chosen.
"""

from sync.inbound.suggest.fields import Field, fields_of, id_field, modified_field
from sync.inbound.suggest.propose import Known, Suggestion, propose
from sync.inbound.suggest.spec import Choice, choices_in, spec_of
from sync.inbound.suggest.targets import Target, targets_of
from sync.inbound.suggest.values import instants, ways

__all__ = [
    "Choice",
    "Field",
    "Known",
    "Suggestion",
    "Target",
    "choices_in",
    "fields_of",
    "id_field",
    "instants",
    "modified_field",
    "propose",
    "spec_of",
    "targets_of",
    "ways",
]
