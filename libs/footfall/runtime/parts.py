"""Whether a batch goes on where the batch before it, of the same process, ended. Looks at pins only."""

from __future__ import annotations

from dataclasses import dataclass, field

from footfall.storage.books import Batch, Pin


@dataclass
class Parts:
    """The batches of a step that works in parts; `table` is the one that it writes."""

    table: str
    _before: tuple[int, dict[str, str]] | None = field(default=None, init=False)

    def goes_on(self, batch: Batch) -> bool:
        """Whether nothing that the step reads has changed since its batch before, other than by that batch itself.

        Call it once a batch.
        """
        others = {name: pin for name, pin in batch.inputs.items() if name != self.table}
        own = batch.inputs.get(self.table)
        goes_on = self._before == (Pin.parse(own).batch_id if own else 0, others)
        self._before = (batch.batch_id, others)
        return goes_on
