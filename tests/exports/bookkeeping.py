"""What the books and the quarantine of a case's lake say beside what is expected: counts by feed, table and run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from exports.rows import Row, shortened, unpaired
from footfall.storage.lake import Lake

Entry = Row  # a row of the ledger or of the quarantine, with the number of its `run`
KEYS = {
    "books.ledger": ("step", "batch_id", "feed", "target"),
    "raw.quarantine": ("feed", "target", "file", "position", "element"),
}
COUNTS = (
    "read", "valid", "quarantined", "duplicate", "conflict", "skipped", "waiting", "documents", "documents_empty",
)  # fmt: skip
DETAILS = {"skipped_reasons": "skipped_reasons", "broken": "broken_rules", "warnings": "warnings"}


def entries(lake: Lake, table: str, known: Sequence[Entry], *, run: int) -> list[Entry]:
    """The rows of the table, each with the run after which it was there for the first time.

    A row that is set aside anew in each run, since its table is made anew, counts once.
    """
    if lake.version(table) is None:
        return []
    runs = {_key(table, entry): entry["run"] for entry in known}
    rows = {_key(table, row): row for row in (row.asDict() for row in lake.read(table).collect())}
    return [{**row, "run": runs.get(key, run)} for key, row in rows.items()]


def _key(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in KEYS[table])


def has_facts(ledger: Sequence[Entry]) -> bool:
    """Whether any row was refined, whatever became of it."""
    return any(entry["target"].startswith("refined.") and entry["rows_read"] for entry in ledger)


def quarantine_differences(expected: Sequence[Row], actual: Sequence[Entry], *, source: str) -> Iterator[str]:
    """Rows that should have been set aside, and rows that should not, by their feed, table, place and rules."""
    shown = [_set_aside(entry, source) for entry in actual]
    left_out, too_many = unpaired(expected, shown, _is_set_aside)
    lines = [f"missing: {_place(row)}" for row in left_out] + [f"too many: {_place(row)}" for row in too_many]
    yield from shortened(iter(lines), "quarantine")


def count_differences(expected: Sequence[Row], ledger: Sequence[Entry], *, source: str) -> Iterator[str]:
    """Where the ledger counts other rows; a count left out is 0 where `read` is given, else it is not compared."""
    for wanted in expected:
        feed, target = wanted["feed"], wanted["target"]
        lines = [
            entry
            for entry in ledger
            if entry["feed"] == f"{source}_{feed}"
            and _short_name(entry["target"]) == target
            and entry["run"] == wanted.get("run", entry["run"])
        ]
        place = f"counts of {feed} into {target}" + (f" in run {wanted['run']}" if "run" in wanted else "")
        if not lines and any(wanted.get(count) for count in COUNTS):
            yield f"{place}: the ledger has no such line"
            continue
        yield from (f"{place}: {words}" for words in _unequal_counts(wanted, lines))


def change_differences(expected: Sequence[Row], ledger: Sequence[Entry], *, source: str) -> Iterator[str]:
    """Where the ledger says other things of what others did to a Delta table; the expected rows are of one run and feed each."""
    for wanted in expected:
        counts = {kind: rows for kind, rows in wanted.items() if kind not in {"run", "feed", "full_read"}}
        lines = [e for e in ledger if (e["run"], e["feed"]) == (wanted["run"], f"{source}_{wanted['feed']}")]
        found = [(e["source_changes"] or {}, e["full_read"]) for e in lines]
        if not found or any(pair != (counts, wanted.get("full_read")) for pair in found):
            yield f"source_changes of {wanted['feed']} in run {wanted['run']}: {found}"


def file_differences(lake: Lake, expected: Sequence[str]) -> Iterator[str]:
    """Files that were not taken under their own names."""
    taken = {row["file"] for row in lake.read("books.files").collect()}
    yield from (f"files: {file} is not in books.files ({', '.join(sorted(taken))})" for file in {*expected} - taken)


def _unequal_counts(wanted: Row, lines: Sequence[Entry]) -> Iterator[str]:
    known = set(lines[0]) if lines else set()
    for count in COUNTS:
        if count not in wanted and not ("read" in wanted and _ledger_column(count) in known):
            continue
        if lines and _ledger_column(count) not in known:
            yield f"the ledger has no {_ledger_column(count)} yet"
            continue
        number = sum(entry[_ledger_column(count)] or 0 for entry in lines)
        if number != wanted.get(count, 0):
            yield f"{count} {number}, expected {wanted.get(count, 0)}"
    for detail, column in DETAILS.items():
        if detail not in wanted:
            continue
        if lines and column not in known:
            yield f"the ledger has no {column} yet ({_words(wanted[detail])} expected)"
            continue
        yield from _unequal_details(detail, wanted[detail], _summed(lines, column))


def _ledger_column(count: str) -> str:
    return count if count.startswith("documents") else f"rows_{count}"


def _unequal_details(detail: str, wanted: dict[str, int], counted: dict[str, int]) -> Iterator[str]:
    """Rules may be broken beside those that are named; reasons to skip may not."""
    names = wanted.keys() | counted.keys() if detail == "skipped_reasons" else wanted.keys()
    if any(counted.get(name, 0) != wanted.get(name, 0) for name in names):
        yield f"{detail}: {_words(counted)}; expected {_words(wanted)}"


def _summed(lines: Sequence[Entry], column: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in lines:
        for name, number in (entry[column] or {}).items():
            sums[name] = sums.get(name, 0) + number
    return sums


def _set_aside(entry: Entry, source: str) -> Row:
    feed = entry["feed"].removeprefix(f"{source}_")
    return {**entry, "feed": feed, "target": _short_name(entry["target"]), "rules": list(entry["rules"])}


def _is_set_aside(wanted: Row, entry: Row) -> bool:
    """Whether the row of the quarantine is the expected one; it may break further rules."""
    places = ("run", "feed", "target", "position", "element")
    return (
        all(wanted[place] == entry.get(place) for place in places if place in wanted)
        and {*wanted["rules"]} <= {*entry["rules"]}
        and wanted.get("raw_row_contains", "") in (entry["raw_row"] or "")
    )


def _place(row: Row) -> str:
    """A row of the quarantine, or an expected one, in words."""
    position = f"position {row['position']}" if "position" in row else f"the row with {row['raw_row_contains']}"
    return f"{row['feed']} into {row['target']}, {position}: {', '.join(row['rules'])}"


def _short_name(table: str) -> str:
    return table.rpartition(".")[2]


def _words(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items())) or "none"
