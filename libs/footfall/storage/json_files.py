"""Rows of JSON files, one an object, however many stand on a line; nested values stay JSON text. Reads source files only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.mapping.reader_options import ENCODINGS
from footfall.steps.step import Files
from footfall.storage.json_values import may_hold_several, objects_of
from footfall.storage.raw_names import refuse_own_names
from footfall.storage.text_lines import (
    BLOCK,
    CORRUPT,
    FILE,
    LINE,
    ORDER,
    POSITION,
    Record,
    cut_by_file,
    files_with,
    is_blank,
    read_lines,
)  # fmt: skip

UNREAD = "_corrupt while columns are inferred"


def read_json(
    spark: SparkSession, names: Sequence[str], files: Files, number: Callable[[DataFrame], DataFrame]
) -> DataFrame:
    """All objects with `_file`, `_position` and `_corrupt` (the text of a line, or of an object, that cannot be read).

    All values are text as it is written, nested ones too: a feed survives that they change their shape.

    Files with one object a line are read in as many tasks as Spark likes, `number` giving positions; a file with lines that
    may hold several, or that is one list (`json_array`), passes through one task. Raises SourceError where columns cannot be used.
    """
    odd = list(names)
    cut, most = (_cut_whole, 0) if files.format == "json_array" else (_cut, files.first_lines)
    if cut is _cut and not most:
        odd = sorted(files_with(read_lines(spark, files, names), F.rlike(F.col(LINE), F.lit(may_hold_several()))))
    plain = sorted(set(names) - set(odd))
    texts = []
    if plain:
        texts.append(read_lines(spark, files, plain).where(~is_blank()))
    if odd:
        texts.append(cut_by_file(read_lines(spark, files, odd, most=most), cut))
    options = {name: value for name, value in files.options.items() if name not in ENCODINGS}
    options |= {"mode": "PERMISSIVE", "primitivesAsString": "true"}
    columns = _names(spark, texts, options, files.pattern)
    rows = [_parsed(frame, columns, options) for frame in texts]
    return reduce(DataFrame.unionByName, [number(frame) if BLOCK in frame.columns else frame for frame in rows])


def _cut(_: str, lines: Iterable[str]) -> Iterator[Record]:
    """The objects of a file's lines; whether one is broken shows when it is read."""
    for line in lines:
        if line.strip():
            yield from ((text, False) for text in objects_of(line))


def _cut_whole(_: str, lines: Iterable[str]) -> Iterator[Record]:
    """The objects of a file that is one list of them."""
    yield from ((text, False) for text in objects_of("\n".join(lines)))


def _names(spark: SparkSession, texts: Sequence[DataFrame], options: dict[str, str], origin: str) -> list[str]:
    """The names of the fields of all objects."""
    lines = reduce(DataFrame.unionByName, [frame.select(LINE) for frame in texts])
    # under another name for what cannot be read, so that a source's own _corrupt shows
    fields = spark.read.options(**options, columnNameOfCorruptRecord=UNREAD).json(lines).schema.fields
    names = [field.name for field in fields if field.name != UNREAD]
    refuse_own_names(names, origin)
    counts = Counter(name.casefold() for name in names)
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice:
        raise SourceError(
            f"{origin}: two columns are called `{twice}`; case does not count.",
            fix="Rename one of them before they are delivered.",
        )
    return names


def _parsed(texts: DataFrame, names: Sequence[str], options: dict[str, str]) -> DataFrame:
    """The fields of each text's object. Read as a list of one, since Spark passes over what follows a whole object."""
    columns = T.StructType([T.StructField(name, T.StringType()) for name in (*names, CORRUPT)])
    line = F.col(LINE)
    objects = F.from_json(F.concat(F.lit("["), line, F.lit("]")), T.ArrayType(columns), options)
    places = [column for column in (FILE, BLOCK, ORDER, POSITION) if column in texts.columns]
    listed = texts.select(*places, LINE, objects.alias("_objects"))
    alone = listed.withColumn("_object", F.when(F.size("_objects") == 1, F.get("_objects", F.lit(0))))
    fields = [F.col(f"_object.`{name.replace('`', '``')}`") for name in names]
    corrupt = F.when(F.col("_object").isNull(), line)
    return alone.select(*fields, corrupt.alias(CORRUPT), *places)
