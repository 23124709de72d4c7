"""Contracts of the books: which batches ran on what, and that no row was lost. Declarations only."""

from dataclasses import replace

from footfall.contract import Column, Layer, Rule, Table
from footfall.tables.columns import mean

TEXT_MAP = "map<string,string>"

BATCHES = Table(
    name="batches",
    layer=Layer.BOOKS,
    version=1,
    grain=(
        "one row per batch and state: `open` when a step began, `closed` when all it wrote was counted, "
        "`promoted` when its model versions became champions"
    ),
    columns=(
        Column("step", "string", "name of the step"),
        Column("state", "string", "open, closed or promoted"),
        Column(
            "owner",
            "string",
            "who ran it: a random token, where it ran and the scheduler's run id",
            required=True,
        ),
        Column(
            "inputs",
            TEXT_MAP,
            "what is read: table -> version, model -> version; of open batches also file -> what identifies it (then in books.files)",
            required=True,
        ),
        Column(
            "outputs",
            TEXT_MAP,
            "what was written: table -> version, promotes:model -> version that becomes champion; of closed batches",
            required=True,
        ),
        Column("fingerprint", "string", "hash of inputs, code and settings", required=True),
        Column(
            "outcome",
            "string",
            "done, part where the step goes on, gate_failed with the reason, or abandoned with the fault; of closed batches",
        ),
        Column("now", "timestamp", "the run's clock, UTC", required=True),
    ),
    key=("step", "batch_id", "state"),
    rules=(Rule("state_known", "state IN ('open', 'closed', 'promoted')"),),
)

HISTORY = replace(
    BATCHES,
    name="history",
    grain="one row per batch and state that counts no more: jobs/maintain.py moves it here from books.batches",
)

FILES = Table(
    name="files",
    layer=Layer.BOOKS,
    version=2,
    grain="one row per file that a step took, and again where it took it as it had changed",
    columns=(
        Column("step", "string", "name of the step"),
        Column("file", "string", "path of the file below the root of the raw logs, as the step saw it"),
        Column("size_bytes", "bigint", "its size when it was taken", unit="bytes", required=True),
        Column(
            "changed_ms",
            "bigint",
            "when it had last changed then, since 1970; a copy of the file has another time",
            unit="ms",
            required=True,
            tolerance=1.0,
        ),
        Column("content", "string", "hash of its lines when it was taken, in any order", required=True),
    ),
    key=("step", "batch_id", "file"),
)

LEDGER = Table(
    name="ledger",
    layer=Layer.BOOKS,
    version=4,
    grain="one row per step, batch, feed and table written: where every row read went",
    columns=(
        Column("step", "string", "name of the step"),
        Column("feed", "string", "raw table that the rows came from; empty for computed tables"),
        Column("target", "string", "table that they were meant for"),
        Column("rows_read", "bigint", "rows of the feed; NULL for computed tables", unit="count"),
        Column("rows_valid", "bigint", "rows that landed in the table", unit="count", required=True),
        Column("rows_quarantined", "bigint", "rows that broke a rule", unit="count", required=True),
        Column(
            "rows_duplicate",
            "bigint",
            "rows that the table already had, or the batch twice",
            unit="count",
            required=True,
        ),
        Column(
            "rows_conflict",
            "bigint",
            "rows with a known key and other content, less those that went to quarantine",
            unit="count",
            required=True,
        ),
        Column("rows_skipped", "bigint", "rows that the mapping or a consent keeps out", unit="count", required=True),
        Column(
            "rows_waiting",
            "bigint",
            "rows that wait for a row of another feed; a later batch reads them again",
            unit="count",
            required=True,
        ),
        Column(
            "rows_late",
            "bigint",
            "of the valid: known more than a day after they happened",
            unit="count",
            required=True,
        ),
        Column("rows_expired", "bigint", "rows that were removed, since their keeping time is over", unit="count"),
        Column(
            "documents",
            "bigint",
            "documents of whose elements the rows were made (`each`), those without any too",
            unit="count",
        ),
        Column(
            "documents_empty",
            "bigint",
            "of the documents: without elements, so that no row was read of them",
            unit="count",
        ),
        Column("skipped_reasons", "map<string,bigint>", "reason -> rows"),
        Column(
            "broken_rules",
            "map<string,bigint>",
            "rule -> rows that broke it",
        ),
        Column("warnings", "map<string,bigint>", "what was odd about valid rows -> rows; see docs/mapping.md"),
        Column(
            "source_changes",
            "map<string,bigint>",
            "of a shop's Delta table: inserted, updated, deleted -> rows since the batch before; NULL: none, or Delta does not say",
        ),
        Column(
            "rows_replayed",
            "bigint",
            "of the rows read: an earlier batch had set them aside, and they were taken out of raw.quarantine to be read again",
            unit="count",
        ),
        Column("sampled_rows", "bigint", "rows that landed and were looked at for the next two columns", unit="count"),
        Column("null_shares", "map<string,double>", "column -> share of NULL among these", tolerance=1e-9),
        Column(
            "distributions",
            "map<string,map<string,double>>",
            "column about nobody -> share of each of its values (the commonest 50), of numbers by powers of 2",
            tolerance=1e-9,
        ),
        Column("replayed_rules", "map<string,bigint>", "rule under which these had been set aside -> rows"),
        Column(
            "replayed_batches",
            "map<bigint,map<string,bigint>>",
            "batch of the step that had set them aside -> rule -> rows: books.quality takes them off that batch's day",
        ),
        Column("full_read", "string", "of a shop's Delta table: why all its rows were read again, if they were"),
    ),
    key=("step", "batch_id", "feed", "target"),
    rules=(
        Rule(
            "balances",
            "rows_read = rows_valid + rows_quarantined + rows_duplicate + rows_conflict + rows_skipped + rows_waiting",
        ),
    ),
)

QUALITY = Table(
    name="quality",
    layer=Layer.BOOKS,
    version=1,
    grain=(
        "one row per measure of a batch, feed and table of facts: a rule that rows broke, rows, a column's NULLs or its distribution"
    ),
    columns=(
        Column(
            "day",
            "date",
            "the shop's day on which it was measured; of rows that a replay took out, that on which they had been",
            required=True,
        ),
        Column("step", "string", "name of the step whose batch is measured", required=True),
        Column("of_batch", "bigint", "batch of that step", required=True),
        Column("target", "string", "table that the batch wrote", required=True),
        Column("feed", "string", "raw table that the rows came from", required=True),
        Column("measure", "string", "rule, rows, nulls or distribution", required=True),
        Column("name", "string", "of a rule its name, of nulls and distribution the column; else empty", required=True),
        Column("strength", "string", "error: such rows are set aside; warn: they pass", required=True),
        Column(
            "rows_checked",
            "bigint",
            "of rules and rows: read, and neither skipped nor waiting nor replayed; else rows of the sample",
            unit="count",
        ),
        Column(
            "rows_broken",
            "bigint",
            "of a rule: rows set aside under it, less those that a replay took out; or rows that were warned of",
            unit="count",
        ),
        mean("value", "rows that landed, NULL of a batch with a replay; or the share of NULL", unit="count or 0 to 1"),
        Column(
            "distribution",
            "map<string,double>",
            "share of each label; see docs/quality.md",
            tolerance=1e-9,
        ),
        mean("baseline", "mean of the value in the batches before; see docs/quality.md", unit="as value"),
        Column("baseline_batches", "int", "how many batches that are", unit="count", required=True),
        mean(
            "drift",
            "of a rule the share of broken rows; of rows value over baseline; of nulls value less baseline; of a distribution "
            "the population stability index; NULL: nothing to compare with",
            unit="",
        ),
        mean("limit", "what drift must not exceed, by the settings", unit="as drift"),
        Column("is_passed", "boolean", "whether it does not", required=True),
    ),
    key=("step", "of_batch", "day", "target", "feed", "measure", "name"),
    rules=(
        Rule("measure_known", "measure IN ('rule', 'rows', 'nulls', 'distribution')"),
        Rule("strength_known", "strength IN ('error', 'warn')"),
    ),
)
