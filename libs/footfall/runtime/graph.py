"""Which Steps wait for which: edges between the Steps of a run, and who is ready as others end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from footfall.steps.step import ALL_BEFORE, Step


def waits_for(later: Step, earlier: Step) -> bool:
    """Whether a Step has to wait for one that is declared before it.

    It needs it, or names it in `behind`.
    """
    return needs(later, earlier) or earlier.name in later.behind


def needs(later: Step, earlier: Step) -> bool:
    """Whether a Step cannot run where one that is declared before it has failed.

    It reads or writes what the earlier one writes, writes what that one still reads, uses a champion that it trains, names it
    in `after`, or is the same step once more.
    """
    reads, reads_before = ({read.name for read in step.reads} for step in (later, earlier))
    writes, writes_before = set(later.writes), set(earlier.writes)
    touched = (reads | writes) & writes_before or writes & reads_before
    uses = set(later.models) & set(earlier.trains)
    return bool(touched or uses or ALL_BEFORE in later.after or earlier.name in (*later.after, later.name))


@dataclass
class Schedule:
    """The Steps of a run, in the order in which they are declared: who is ready, and who can no longer run."""

    steps: Sequence[Step]
    _waiting: dict[int, set[int]] = field(init=False)  # number of a step -> numbers of those that it waits for

    def __post_init__(self) -> None:
        self._waiting = {
            number: {n for n, before in enumerate(self.steps[:number]) if waits_for(step, before)}
            for number, step in enumerate(self.steps)
        }

    def take(self) -> int | None:
        """The number of the first step that waits for nobody, handed out once; None where there is none now."""
        ready = next((number for number, others in self._waiting.items() if not others), None)
        if ready is not None:
            del self._waiting[ready]
        return ready

    @property
    def left(self) -> list[Step]:
        """The Steps that were not handed out yet."""
        return [self.steps[number] for number in self._waiting]

    def done(self, number: int) -> None:
        """Whoever waited for the step does not any more."""
        for others in self._waiting.values():
            others.discard(number)

    def failed(self, number: int) -> list[Step]:
        """The Steps that cannot run since they need the one that failed, or one of these; each is named once."""
        lost = [number]
        for later in self._waiting:  # in declared order, so that whoever needs a lost one comes later
            if any(needs(self.steps[later], self.steps[n]) for n in lost if n in self._waiting[later]):
                lost.append(later)
        for later in lost[1:]:
            del self._waiting[later]
        for step in lost:  # those that are only behind them go on
            self.done(step)
        return [self.steps[later] for later in lost[1:]]
