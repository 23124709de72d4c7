"""Says of a feed's files why one task each must read them, however big they are. Reads first lines of source files only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyspark.sql import SparkSession

from footfall.mapping.reader_options import encoding_of, is_by_byte
from footfall.steps.step import Files
from footfall.storage.csv_files import has_odd_lines
from footfall.storage.json_files import has_lines_of_several

WHOLE = (".gz", ".zst")  # endings of compressed files that can only be unpacked from their beginning
_ADVICE = "deliver big ones in parts"


def one_task_lines(spark: SparkSession, files: Files, names: Sequence[str]) -> Iterator[str]:
    """A line for each reason; none where big files are read in pieces, by several tasks.

    `names` are the files of the sample, of which `files.first_lines` are looked at: what comes later in a file is not known.
    """
    reasons = [reason for reason in (_by_mapping(files), _by_name(names)) if reason]
    for reason in reasons or _by_lines(spark, files, names):
        yield f"each file is read by one task, since {reason}: {_ADVICE}"


def _by_mapping(files: Files) -> str:
    if files.format == "json_array":
        return "it is one list of JSON"
    if files.format in {"csv", "json", "text"} and not is_by_byte(files.options):
        return f"text in {encoding_of(files.options)} cannot be cut at a byte"
    if files.format == "csv" and files.not_rows:
        return "of lines that may be no rows (`not_rows`) each must be looked at in its place"
    if files.format == "csv" and files.header_line > 1:
        return "lines stand before its header (`header_line`)"
    return ""


def _by_name(names: Sequence[str]) -> str:
    whole = [name for name in names if name.endswith(WHOLE)]
    return f"it is compressed ({', '.join(whole[:2])})" if whole else ""


def _by_lines(spark: SparkSession, files: Files, names: Sequence[str]) -> Iterator[str]:
    if files.format == "csv" and has_odd_lines(spark, files, names):
        yield "values in quotes go over several lines, or quotes stand where they should not"
    if files.format == "json" and has_lines_of_several(spark, files, names):
        yield "several objects stand on one line"
