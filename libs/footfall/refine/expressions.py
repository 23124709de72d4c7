"""What is wrong with a feed's types and expressions, by the columns of its rows and before any row is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.elements import lists_of_people
from footfall.mapping.source import TYPED, Actor, Feed
from footfall.mapping.sql_words import bare_names_in
from footfall.mapping.targets import TARGETS
from footfall.mapping.yaml_file import Key
from footfall.refine.bare_numbers import UNIT_UNKNOWN
from footfall.refine.decimal_signs import sign_faults
from footfall.refine.elements import NUMBER, each_faults, element_rows
from footfall.refine.gaps import GAPS, gap_faults
from footfall.refine.kept import keep_faults
from footfall.refine.nested import is_nested, kind_fault
from footfall.refine.numbers import plain_text
from footfall.refine.read_as_utc import READS_AS_UTC, WITHOUT_ZONE, WRITES_AS_UTC, holds, reads_as_utc, writes_as_utc
from footfall.refine.typed import TYPES, source_columns, typed_source
from footfall.refine.values import MappedValue
from footfall.steps.sorting import RAW_ROW
from footfall.tables.raw import CORRUPT, WAITED_ELEMENTS, WAITED_FOR, WAITS_FOR

IN_FILES = "in the files"
ONE_ROW = "a mapping makes one row of each row, by itself"
# Spark's conditions where an expression makes several rows of one, or looks at other rows, or at chance
_WORDS: Mapping[str, str] = {
    "UNSUPPORTED_GENERATOR": f"makes several rows of one; {ONE_ROW}",
    "UNSUPPORTED_EXPR_FOR_OPERATOR": f"looks at several rows (an aggregate or a window function); {ONE_ROW}",
    "MISSING_GROUP_BY": f"looks at several rows (an aggregate or a window function); {ONE_ROW}",
    "INVALID_USAGE_OF_STAR_OR_REGEX": "`*` stands for footfall's own columns too; name the columns",
    "INVALID_NON_DETERMINISTIC_EXPRESSIONS": (
        "gives another value when the row is read again, and a repeated run must give the same rows"
    ),
}

SPANS = (T.DayTimeIntervalType, T.YearMonthIntervalType, T.CalendarIntervalType)
IS_A_SPAN = "an INTERVAL is a span of time and no number, of which Spark would take the days or the seconds"
HIDES_CLOCKS = (
    "TIMESTAMP in a list, map or struct reads a text without a zone as UTC; declare STRING there, and the value is read like "
    "any other time"
)
_NO_SOURCE_COLUMNS = {
    f"`{name}`" for name in (TYPES, RAW_ROW, GAPS, NUMBER, WAITS_FOR, WAITED_FOR, WAITED_ELEMENTS, "_single")
}


def require_sound(raw: DataFrame, feed: Feed, *, identifiers: Sequence[str] = ()) -> None:
    """Raises SourceError with every type, expression and name of the feed that cannot be used on the rows' columns.

    `identifiers` are expressions of targets that the feed was cut down by.
    """
    if faults := expression_faults(raw, feed, identifiers=identifiers):
        origin = feed.files or feed.delta
        raise SourceError(
            "\n".join(f"feed of {origin}: {'.'.join(map(str, key))}: {words}" for key, words in faults),
            fix="Correct the mapping; jobs/ingest.py --check conf/sources/<source>.yaml shows the lines.",
        )


def expression_faults(raw: DataFrame, feed: Feed, *, identifiers: Sequence[str] = ()) -> list[tuple[Key, str]]:
    """Each type, expression and name under `keep` that is at fault: its key path below the feed, and the fault in words."""
    faults = gap_faults(raw, feed, source_columns(raw))
    if faults:
        feed = feed.model_copy(update={"fill_down": None, "fill_all": None})
    secret = (*feed.identifiers, *identifiers, *lists_of_people(feed))
    of_types = type_faults(raw, feed, feed.types)
    faults += of_types
    at_fault = {key for key, _ in of_types}
    types = {c: kind for c, kind in feed.types.items() if ("types", c) not in at_fault}
    typed = typed_source(raw, feed.model_copy(update={"types": types}))
    for part in _by_rows(feed):
        if each := [fault for table in part.into for fault in each_faults(typed, part, table)]:
            faults += each
            continue
        rows = element_rows(typed, part, next(iter(part.into.values())))
        expressions = list(part.expressions())
        if expressions and _fault(rows, part, expressions):
            one_by_one = ((key, sql, _fault(rows, part, [(key, sql)])) for key, sql in expressions)
            faults += [(key, f"`{sql}`: {fault}") for key, sql, fault in one_by_one if fault]
        faults += keep_faults(rows, part, identifiers=secret) + sign_faults(rows, part)
    return faults


def _by_rows(feed: Feed) -> list[Feed]:
    """The feed cut into parts whose targets are made of the same rows: of the source's, or of the elements of one list."""
    lists = dict.fromkeys(target.each for target in feed.into.values())
    parts = ({name: t for name, t in feed.into.items() if t.each == each} for each in lists)
    return [feed.model_copy(update={"into": part}) for part in parts]


def identifier_of(actor: Actor, feed: Feed) -> Column:
    """The identifier as text without blanks around it; NULL where there is none, a word that stands for nobody, or an object."""
    text = _identifier_text(actor)
    is_nobodys = _is_word_for_nobody(text, feed)
    return F.when(~(is_nobodys | is_nested(text) if feed.format.startswith("json") else is_nobodys), text)


def is_nobody(actor: Actor, feed: Feed) -> Column:
    """Whether a typed row is nobody's, by its word for nobody: never NULL. What could not be read is no word."""
    text = _identifier_text(actor)
    is_word = F.coalesce(_is_word_for_nobody(text, feed), F.lit(False))
    if not any(not word.strip() for word in feed.nobody):
        return is_word
    return is_word | (text.isNull() & F.col(CORRUPT.name).isNull() & (F.size(TYPES) == 0))


def _identifier_text(actor: Actor) -> Column:
    return F.nullif(F.trim(plain_text(F.expr(actor.identifier))), F.lit(""))


def _is_word_for_nobody(text: Column, feed: Feed) -> Column:
    words = sorted({word.strip().lower() for word in feed.nobody} - {""})
    return F.lower(text).isin(words) if words else F.lit(False)


def type_faults(raw: DataFrame, feed: Feed, types: Mapping[str, str]) -> list[tuple[Key, str]]:
    """Each of the declared types that is at fault: its key path below the feed, and the fault in words."""
    if not _types_fault(raw, feed, types):  # all in one question to Spark first, for a mapping is sound as a rule
        return []
    each = {c: _types_fault(raw, feed, {c: kind}) for c, kind in types.items()}
    return [(("types", c), words) for c, words in each.items() if words]


def _types_fault(raw: DataFrame, feed: Feed, types: Mapping[str, str]) -> str:
    """What is wrong with the declared types; empty where nothing is."""
    if not types:
        return ""
    columns = source_columns(raw)
    absent = [c for c in types if c.casefold() not in {column.casefold() for column in columns}]
    if absent:
        return f"no column {', '.join(absent)} in the files (they have {', '.join(columns)})"
    try:
        declared = {c.casefold(): T.DataType.fromDDL(kind) for c, kind in types.items()}
        if any(holds(kind, *SPANS) for kind in declared.values()):
            return f"{IS_A_SPAN}; declare the number that the files hold, such as BIGINT"
        arrives = {field.name.casefold(): field.dataType for field in raw.schema.fields}
        if any(_hides_clocks(arrives[c], kind) for c, kind in declared.items()):
            return HIDES_CLOCKS
        typed_source(raw, feed.model_copy(update={"types": types})).schema  # noqa: B018 - asking for the schema resolves it
    except (AnalysisException, ParseException) as fault:
        return in_words(fault)
    return ""


def _hides_clocks(arrives: T.DataType, wanted: T.DataType) -> bool:
    """Whether a declared list, map or struct reads times from text: Spark does, and knows no zone of the feed there."""
    is_nested = isinstance(wanted, T.StructType | T.ArrayType | T.MapType)
    return is_nested and holds(wanted, T.TimestampType) and holds(arrives, *WITHOUT_ZONE)


def _fault(rows: DataFrame, feed: Feed, expressions: Sequence[tuple[Key, str]]) -> str:
    """What is wrong with the first of the expressions at fault; empty where nothing is."""
    if not expressions:  # a feed that is only looked up
        return ""
    yields, fault = yielded(rows, [sql for _, sql in expressions])
    typed = zip(expressions, yields, strict=False)
    return fault or _use_fault(rows, feed, {key: (sql, kind) for (key, sql), kind in typed})


def yielded(rows: DataFrame, expressions: Sequence[str], *, where: str = IN_FILES) -> tuple[list[T.DataType], str]:
    """What the expressions yield, each of one row by itself; or what is wrong with the first at fault, in words.

    `where` says in the words whose columns they are about.
    """
    try:
        # A condition of a join may hold nothing but values of one row that are the same each time.
        conditions = [F.expr(sql).isNotNull() for sql in expressions]
        single = rows.sparkSession.range(1).select(F.lit(1).alias("_single"))
        rows.join(single, reduce(Column.__or__, conditions)).schema  # noqa: B018 - as above
        fields = rows.select(*(F.expr(sql).alias(f"_{i}") for i, sql in enumerate(expressions))).schema.fields
    except (AnalysisException, ParseException) as fault:
        return [], in_words(fault, where)
    if any("user" in bare_names_in(sql) for sql in expressions) and "user" not in {c.casefold() for c in rows.columns}:
        return [], f"no column user {where} (Spark would take the name of who runs the job)"
    return [field.dataType for field in fields], ""


def _use_fault(rows: DataFrame, feed: Feed, expressions: Mapping[Key, tuple[str, T.DataType]]) -> str:
    """What is wrong with the types that expressions yield, for the places where they stand; empty where nothing is."""
    uses: list[Column] = []
    fault = ""
    for key, (sql, yields) in expressions.items():
        fault = f"yields {yields.simpleString()}, which cannot be used here"
        if (key[2] == "skipped" or key[3] == "withdrawn") and not isinstance(yields, T.BooleanType | T.NullType):
            return f"yields {yields.simpleString()}, and `{key[-1]}` needs true or false"
        if key[2] in {"actor", "links"} and key[3] != "withdrawn" and (words := kind_fault(key, yields, None)):
            return words
        if key[2] == "columns":
            column = str(key[3])
            wanted = T.DataType.fromDDL(TARGETS[str(key[1])].column(column).type)
            if words := kind_fault(key, yields, wanted):
                return words
            if isinstance(wanted, T.TimestampType | T.DateType) and (words := _time_fault(rows, sql, yields, feed)):
                return words
            if isinstance(wanted, T.NumericType) and isinstance(yields, SPANS):
                return f"{IS_A_SPAN}; write the number, such as timestampdiff(SECOND, ..., ...)"
            value = MappedValue(F.expr(sql), yields, wanted=wanted, zone=feed.time_zone or "UTC")
            fault_name = value.fault(column, from_text=feed.format not in TYPED)
            uses += [value.typed] if fault_name is None else [value.typed, fault_name]
            fault = f"yields {yields.simpleString()}, which cannot be read as {wanted.simpleString()}"
    try:
        rows.select(*uses).schema  # noqa: B018 - as above
    except AnalysisException:
        return fault
    return ""


def _time_fault(rows: DataFrame, sql: str, yields: T.DataType, feed: Feed) -> str:
    """What is wrong with an expression for a time, seen from its type and those of its parts; empty where nothing is."""
    if isinstance(yields, T.NumericType):
        return UNIT_UNKNOWN.format(sql=sql)
    if isinstance(yields, T.TimestampType):
        return READS_AS_UTC if reads_as_utc(rows, sql) else ""
    is_on_utc = (feed.time_zone or "UTC").rpartition("/")[2] in {"UTC", "GMT", "Zulu", "Z"}
    return WRITES_AS_UTC if not is_on_utc and writes_as_utc(rows, sql) else ""


def in_words(fault: AnalysisException | ParseException, where: str = IN_FILES) -> str:
    """Spark's message, without its stack, its SQLSTATE and the query that footfall wrapped around the expression."""
    condition = fault.getCondition() or ""
    parameters: Mapping[str, str] = fault.getMessageParameters() or {}
    if condition == "UNRESOLVED_COLUMN.WITH_SUGGESTION":
        near = [name for name in parameters["proposal"].split(", ") if name not in _NO_SOURCE_COLUMNS]
        return f"no column {parameters['objectName']} {where}" + (f" (near: {', '.join(near)})" if near else "")
    if condition == "FIELD_NOT_FOUND":
        fields = [name for name in parameters["fields"].split(", ") if name not in _NO_SOURCE_COLUMNS]
        return f"no {parameters['fieldName']} there (there are {', '.join(fields)})"
    if condition.partition(".")[0] in _WORDS:
        return _WORDS[condition.partition(".")[0]]
    return str(fault).strip().split("\n")[0].split("SQLSTATE")[0].strip()
