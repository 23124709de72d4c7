"""A mapping's expressions, each kept from failing: where one does, its value is NULL and the row is named for it. Pure.

For a batch in which an expression failed. Every expression is computed twice here, so no batch goes this way first.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract.frames import names_of
from footfall.mapping.source import Target
from footfall.mapping.sql_words import tokens_in
from footfall.refine.typed import TYPES

# Not folded, though always true: Spark computes ahead what several columns have in common, but nothing that stands behind a condition.
_ALWAYS = "_position >= 0"


def guarded(rows: DataFrame, target: Target) -> tuple[DataFrame, Target]:
    """The typed rows with the values of the target's expressions, and the target that reads them.

    Where an expression fails, `_types` gets `<column>_failed`, `actor_id_failed` or, of a condition to skip, `<reason>_failed`.
    """
    columns = {c: f"_guarded_{i}" for i, (c, sql) in enumerate(target.columns.items()) if _can_fail(sql)}
    skips = {i: f"_guarded_skip_{i}" for i, skip in enumerate(target.skipped)}
    expressions = {name: (f"{c}_failed", target.columns[c]) for c, name in columns.items()}
    expressions |= {name: (f"{target.skipped[i].reason}_failed", target.skipped[i].when) for i, name in skips.items()}
    actor = target.actor
    if actor and _can_fail(actor.identifier):
        expressions["_guarded_actor"] = ("actor_id_failed", actor.identifier)
        actor = actor.model_copy(update={"identifier": "_guarded_actor"})
    links = target.links
    for word, linked in (links.by_word if links else {}).items():
        if _can_fail(linked.identifier):
            expressions[f"_guarded_{word}"] = (f"{word}_failed", linked.identifier)
            links = links and links.model_copy(
                update={word: linked.model_copy(update={"identifier": f"_guarded_{word}"})}
            )
    if links and links.withdrawn and _can_fail(links.withdrawn):
        expressions["_guarded_withdrawn"] = ("withdrawn_failed", links.withdrawn)
        links = links.model_copy(update={"withdrawn": "_guarded_withdrawn"})
    changes = {
        "links": links,
        "columns": target.columns | columns,
        "skipped": tuple(s.model_copy(update={"when": skips[i]}) for i, s in enumerate(target.skipped)),
        "actor": actor,
    }
    return _with_values(rows, expressions), target.model_copy(update=changes)


def value_or_null(rows: DataFrame, sql: str) -> Column:
    """The value of one expression; NULL where it fails."""
    value = F.expr(sql)
    return F.when(F.expr(_ALWAYS), F.when(~fails(value, _kinds(rows, [sql])[0]), value)) if _can_fail(sql) else value


def _with_values(rows: DataFrame, expressions: dict[str, tuple[str, str]]) -> DataFrame:
    kinds = dict(zip(expressions, _kinds(rows, [sql for _, sql in expressions.values()]), strict=True))
    failed = {f"{n}_fails": fails(F.expr(sql), kinds[n]) for n, (_, sql) in expressions.items()}
    rules = names_of([F.when(F.col(f"{n}_fails"), F.lit(rule)) for n, (rule, _) in expressions.items()])
    values = {n: F.when(~F.col(f"{n}_fails"), F.expr(sql)) for n, (_, sql) in expressions.items()}
    return rows.withColumns(failed).withColumns({TYPES: F.concat(TYPES, rules), **values}).drop(*failed)


def fails(value: Column, kind: T.DataType, *, always: str = _ALWAYS) -> Column:
    """Whether computing the value ends with an exception, of whatever sort.

    Of Spark's functions `try_add` of a day and a number gives NULL for every exception that its arguments raise; the number comes
    from a hash, which no optimizer can do without the value. `always` is a condition on the rows that is true of each.
    """
    hashed = F.xxhash64(F.to_json(F.struct(value)) if _has_no_hash(kind) else value)
    return F.when(F.expr(always), F.try_add(F.lit("2000-01-01").cast("date"), (hashed % 2).cast("int")).isNull())


def _kinds(rows: DataFrame, expressions: list[str]) -> list[T.DataType]:
    return [f.dataType for f in rows.select(*(F.expr(sql).alias(f"_{i}") for i, sql in enumerate(expressions))).schema]


def _can_fail(sql: str) -> bool:
    """Whether the expression is more than the name of a column."""
    return len(list(tokens_in(sql))) > 1


def _has_no_hash(kind: T.DataType) -> bool:
    if isinstance(kind, T.StructType):
        return any(_has_no_hash(field.dataType) for field in kind.fields)
    if isinstance(kind, T.ArrayType):
        return _has_no_hash(kind.elementType)
    return isinstance(kind, T.MapType | T.VariantType)
