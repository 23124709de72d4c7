"""Every deliberate exception of footfall: what is wrong, where, and how to fix it. Imports nothing."""

from __future__ import annotations


class FootfallError(Exception):
    """A fault that a person or a scheduler can act on; `exit_code` is what the process ends with."""

    exit_code = 2

    def __init__(self, what: str, *, fix: str = "") -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what}\nFix: {fix}" if fix else what)


class SettingsError(FootfallError):
    """A setting is missing, unknown or of the wrong type; names the file, the line and the key."""


class SourceError(FootfallError):
    """A source's mapping or its files cannot be used as they are."""


class ContractError(FootfallError):
    """A frame or a stored table does not keep the contract of its table."""


class DataError(FootfallError):
    """The data is readable, yet a step cannot do its work with it (too few people, one class, no events)."""


class NothingYet(DataError):
    """No feed that a step reads has brought a row yet."""


class HeldBack(DataError):
    """Too large a share of what some feeds brought for a table is broken: it is held back whole, until somebody lets it in."""

    def __init__(self, what: str, *, fix: str, reads: frozenset[str]) -> None:
        super().__init__(what, fix=fix)
        self.reads = reads  # the tables that these feeds are read from


class TooFew(DataError):
    """There is not enough data yet to train a model that a shop can do without until there is."""


class EnvironmentFault(FootfallError):
    """Something that footfall needs from its surroundings is absent: Java, weights, a GPU, a key, a right, a server."""


class GateFailed(FootfallError):
    """A model missed a gate, and the job runs with --strict: the old champion stays, nothing else is wrong."""

    exit_code = 3


class TryAgain(FootfallError):
    """Somebody else holds the batch, or a server is away: the same call can succeed later."""

    exit_code = 75


class Held(TryAgain):
    """Another process, which may be alive, is at work on the same steps."""


def listed(faults: list[str]) -> str:
    """Joins all faults of one kind into one sentence, so that a person fixes them in one go."""
    return "; ".join(faults)
