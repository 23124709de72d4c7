"""What fails now of all that was measured, and what to do about it, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from footfall.quality.measured import WINDOW_DAYS, Measured, QualityLimits
from footfall.steps.sql import run_sql

CHECKED = "checked"  # in place of a measure: how many rows of a feed were checked
MOST_LINES = 50
Failing = Mapping[str, Any]


def standing(measured: DataFrame, *, made_anew: Collection[str], day: date) -> list[Failing]:
    """What counts still of books.quality; `made_anew` are the tables that each batch makes of all raw rows."""
    values = {"made_anew": sorted(made_anew), "since": day - timedelta(days=WINDOW_DAYS)}
    return [row.asDict() for row in run_sql("quality", "standing", measured=measured, values=values).collect()]


def failures(
    before: Iterable[Failing], news: Iterable[Measured], *, made_anew: Collection[str], limits: QualityLimits
) -> list[Failing]:
    """What fails: rules by all rows that count still, all other measures by the last batch of their feed."""
    rows, last = list(news), dict[tuple[str, str], int]()
    # a batch with a replay, whose rows have no value, says nothing of what the feed brings now
    for row in (row for row in rows if row.measure == "rows" and row.value is not None):
        feed = (row.target, row.feed)
        last[feed] = max(last.get(feed, 0), row.of_batch)
    broken: dict[tuple[str, ...], int] = {}
    checked: dict[tuple[str, str], int] = {}
    others: list[Failing] = []
    facts = [fact for fact in before if not _is_over(fact, last, made_anew)]
    for fact in [*facts, *_counting(rows, last, made_anew)]:
        feed = (fact["target"], fact["feed"])
        if fact["measure"] == "rule":
            key = (*feed, fact["name"], fact["strength"])
            broken[key] = broken.get(key, 0) + fact["rows_broken"]
        elif fact["measure"] == CHECKED:
            checked[feed] = checked.get(feed, 0) + fact["rows_checked"]
        else:
            others.append(fact)
    return sorted(
        [*_broken_rules(broken, checked, limits), *others],
        key=lambda f: (f["target"], f["feed"], f["measure"], f["name"]),
    )


def _is_over(fact: Failing, last: Mapping[tuple[str, str], int], made_anew: Collection[str]) -> bool:
    """Whether a newer batch of the feed says it anew: all but the sums of a table to which rows are added."""
    is_sum = fact["measure"] in {"rule", CHECKED} and fact["target"] not in made_anew
    return (fact["target"], fact["feed"]) in last and not is_sum


def _counting(
    rows: Iterable[Measured], last: Mapping[tuple[str, str], int], made_anew: Collection[str]
) -> Iterator[Failing]:
    """The same of new rows: what counts of them."""
    for row in rows:
        is_last = row.of_batch == last.get((row.target, row.feed))
        if row.measure in {"rule", "rows"} and (is_last or row.target not in made_anew):
            yield asdict(row) | ({"measure": CHECKED} if row.measure == "rows" else {})
        if row.measure != "rule" and is_last and not row.is_passed:
            yield asdict(row)


def _broken_rules(
    broken: Mapping[tuple[str, ...], int], checked: Mapping[tuple[str, str], int], limits: QualityLimits
) -> Iterator[Failing]:
    for (target, feed, name, strength), rows in broken.items():
        of_all, limit = checked.get((target, feed), 0), limits.of("rule", strength)
        if rows >= limits.least_broken and rows > limit * of_all:
            yield {"target": target, "feed": feed, "measure": "rule", "name": name, "strength": strength, "rows_broken": rows,
                   "rows_checked": of_all}  # fmt: skip


def gate_report(failing: Collection[Failing], limits: QualityLimits) -> str:
    """Two lines for each measure that fails, what it is and what to do; empty where none does."""
    if not failing:
        return ""
    lines = [line for fact in list(failing)[:MOST_LINES] for line in _lines(fact, limits)]
    more = (
        [f"  and {len(failing) - MOST_LINES} more: see is_passed in books.quality"] if len(failing) > MOST_LINES else []
    )
    return "\n".join([f"the gate of quality: {len(failing)} failed", *lines, *more])


def _lines(fact: Failing, limits: QualityLimits) -> Iterator[str]:
    what, remedy = _words(fact, limits.of(fact["measure"], fact["strength"]))
    yield f"  {fact['target']:<24} {fact['feed']:<24} {what}"
    yield f"    Fix: {remedy}"


def _words(fact: Failing, limit: float) -> tuple[str, str]:
    name = fact["name"]
    if fact["measure"] == "rule":
        rows, of_all = fact["rows_broken"], fact["rows_checked"]
        share = f"{rows:,} of {of_all:,} rows" + (f" ({rows / of_all:.1%})" if of_all else "")
        if fact["strength"] == "error":
            fix = f"put the source, the mapping or the rule right, then jobs/ingest.py --replay --rule {name}"
            return f"{name}: {share} are in quarantine, more than {limit:.1%}", f"look at them in raw.quarantine; {fix}"
        remedy = "they are in the table all the same; docs/mapping.md says what the warning means"
        return f"{name}: {share} are warned of, more than {limit:.1%}", remedy
    if fact["measure"] == "rows":
        words = f"rows: {fact['value']:,.0f}, where {fact['baseline']:,.0f} are usual, beyond {limit:g} times"
        return words, "see whether files are missing, or came twice under other names"
    if fact["measure"] == "nulls":
        words = f"{name}: {fact['value']:.1%} are NULL, where {fact['baseline']:.1%} are usual"
        return words, "see whether the source renamed the column or left it out"
    words = f"{name}: distributed otherwise than before (stability index {fact['drift']:.2f}, more than {limit:g})"
    return words, "compare `distribution` of its rows in books.quality: a unit or a code may have changed"
