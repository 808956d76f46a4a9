"""Bringing a new system in: read its samples, recognise its fields, try a mapping, set it up.

`draft` recognises the fields of samples and writes the mapping down, `known` gathers what the hub
holds that helps to recognise values, `trial` shows what a mapping makes of the samples and what is
wrong with it, `setup` makes the system and its mapping.
"""

from sync.inbound.onboarding.draft import Draft
from sync.inbound.onboarding.known import known
from sync.inbound.onboarding.samples import BadSamples, read_samples
from sync.inbound.onboarding.setup import BadSystem, set_up
from sync.inbound.onboarding.trial import Trial, Tried, try_out

__all__ = [
    "BadSamples",
    "BadSystem",
    "Draft",
    "Trial",
    "Tried",
    "known",
    "read_samples",
    "set_up",
    "try_out",
]
