"""Names of source columns that raw tables and their readers can take, each told apart from all others. Reads no rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.steps.source_names import OWN_NAMES, comment_of, quoted, source_name

# What the readers of files add, until the columns have their names in the raw table.
READERS_NAMES = frozenset({
    "_file", "_position", "_corrupt", "_block", "_order", "_metadata", "_line", "_broken", "_fields", "_values",
})  # fmt: skip
_ADDED = ("_file", "_position", "_corrupt")
_NO_WORD = re.compile(r"\W+")
_NO_ASCII_WORD = re.compile(r"[^A-Za-z0-9_]+")  # a field's name stands without quotes in the type of its column


def refuse_readers_names(names: Sequence[str], origin: str) -> None:
    """Raises SourceError where names that a mapping gives columns are those that footfall's readers add themselves."""
    _refuse(names, READERS_NAMES, origin, "Give them other names in the mapping.")


def refuse_own_names(names: Sequence[str], origin: str) -> None:
    """Raises SourceError where columns that are read where they lie have names that footfall adds itself."""
    _refuse(names, OWN_NAMES, origin, "Rename them before they are delivered.")


def _refuse(names: Sequence[str], own: Collection[str], origin: str, fix: str) -> None:
    if clash := sorted(name for name in names if name.casefold() in own):
        raise SourceError(f"{origin}: columns {clash} are footfall's own names.", fix=fix)


def told_apart(header: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Names for the columns of a header, and those that differ from it: `text_2` for a second `text`, `column_6` for none.

    Names that differ only in case are the same, since Spark takes them so.
    """
    names: list[str] = []
    folded = {name.casefold() for name in header}
    kept: set[str] = set()
    for place, name in enumerate(header, start=1):
        wanted = name if name.strip() else f"column_{place}"
        new = wanted
        if name.casefold() in kept or not name.strip():
            new = _free(wanted, folded, first=2 if name.strip() else 1)
        kept.add(name.casefold())
        folded.add(new.casefold())
        names.append(new)
    return names, {name: new for name, new in zip(header, names, strict=True) if name != new}


def reading_names(names: Sequence[str]) -> dict[str, str]:
    """Source's name -> the name under which a reader gives the column: the same, unless the reader adds such a column itself."""
    taken = READERS_NAMES | {name.casefold() for name in names}
    return {name: _free(name, taken) if name.casefold() in READERS_NAMES else name for name in names}


def stored_names(names: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Source's name -> name in the raw table: of letters, digits and `_`, no name of footfall's own, none given twice.

    `known` are those that the raw table has. Names that are free of other signs come first, so that they stay.
    """
    of_table = {name.casefold(): stored for name, stored in known.items()}
    stored = {name: of_table[name.casefold()] for name in names if name.casefold() in of_table}
    taken = {*OWN_NAMES, *(name.casefold() for name in known.values())}
    plain = [name for name in names if _word(name) == name and name.casefold() not in OWN_NAMES]
    for name in (*plain, *names):
        if name not in stored:
            wanted = _word(name)
            stored[name] = _free(wanted, taken) if wanted.casefold() in taken else wanted
            taken.add(stored[name].casefold())
    return stored


def with_stored_names(
    rows: DataFrame, sources: Mapping[str, str], raw: T.StructType | None
) -> tuple[DataFrame, dict[str, str]]:
    """Rows with names of columns and their fields that the raw table can take, and source's name -> new name where they differ.

    `sources` gives the source's name of columns that a reader had to call otherwise; `raw` is the schema of the raw table,
    if there is one. Comments of columns say what the source calls them: see `footfall.steps.source_names`.
    """
    known = {source_name(field): field.name for field in raw.fields if field.name not in OWN_NAMES} if raw else {}
    names = {c: sources.get(c, c) for c in rows.columns if c not in _ADDED}
    stored = stored_names(list(names.values()), known)
    columns, changes = [], dict[str, str]()
    for field in rows.schema.fields:
        name = names.get(field.name, field.name)
        new = stored.get(name, name) if field.name in names else name
        within: dict[str, str] = {}
        kind = _storable(field.dataType, "", within)
        value = F.col(quoted(field.name))
        value = value if kind == field.dataType else value.cast(kind)
        renames = ({"": name} if new != name else {}) | within
        changes |= {name: new} if new != name else {}
        changes |= {f"{name}.{source}": f"{new}.{path}" for path, source in within.items()}
        columns.append(value.alias(new, metadata={"comment": comment_of(renames)}) if renames else value.alias(new))
    is_any = bool(changes) or any(c != name for c, name in names.items())
    return (rows.select(*columns) if is_any else rows), changes


def _word(name: str) -> str:
    return name if not _NO_WORD.search(name) and name else _NO_WORD.sub("_", name).strip("_") or "column"


def _field(name: str) -> str:
    word = _NO_ASCII_WORD.sub("_", name) or "_"
    return word if re.match(r"[A-Za-z_]", word) else f"_{word}"


def _free(wanted: str, taken: Collection[str], *, first: int = 2) -> str:
    """The name with the first number that makes it none of those taken, which are in one case of letters."""
    numbers = ("" if i == 1 else f"_{i}" for i in count(first))
    return next(name for number in numbers if (name := wanted + number).casefold() not in taken)


def _all_free(names: Sequence[str], usable: Callable[[str], str]) -> list[str]:
    """The names made usable and told apart, those first that are so already."""
    new: dict[int, str] = {}
    taken: set[str] = set()
    for i in sorted(range(len(names)), key=lambda i: (usable(names[i]) != names[i], i)):
        wanted = usable(names[i])
        new[i] = _free(wanted, taken, first=1)
        taken.add(new[i].casefold())
    return [new[i] for i in range(len(names))]


def _storable(kind: T.DataType, above: str, changes: dict[str, str]) -> T.DataType:
    """The type with usable names of the fields within it, the others going into `changes`; values keep their places."""
    if isinstance(kind, T.StructType):
        names = _all_free([f.name for f in kind.fields], _field)
        changes |= {above + new: f.name for f, new in zip(kind.fields, names, strict=True) if f.name != new}
        pairs = list(zip(names, kind.fields, strict=True))
        return T.StructType(
            [T.StructField(n, _storable(f.dataType, f"{above}{n}.", changes), f.nullable) for n, f in pairs]
        )
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_storable(kind.elementType, above, changes), kind.containsNull)
    if isinstance(kind, T.MapType):
        value = _storable(kind.valueType, above, changes)
        return T.MapType(_storable(kind.keyType, above, changes), value, kind.valueContainsNull)
    return kind
