"""Which word of the command line is for the job and which for Spark. Pure functions of words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# an option in argparse's help: two spaces, perhaps a short form, the long form, and after one space its value's name
_LISTED = re.compile(r"^ {2,}(?:-\w(?: \S+)?, )?(--[\w-]+)(?: (\S+))?(?: |$)", re.MULTILINE)
_LISTS = ("--jars", "--py-files", "--files", "--archives")


def job_options(help_text: str) -> dict[str, bool]:
    """The options that a job's `--help` lists, and whether each takes a value."""
    return {option[1]: option[2] is not None for option in _LISTED.finditer(help_text)}


def split(words: Sequence[str], known: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    """The words for the job and those for Spark.

    A known option goes to the job with its value; any other goes to Spark with the word behind it, unless that
    begins with `--`; a word on its own goes to the job, which will complain.
    """
    ours: list[str] = []
    sparks: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, has_value, _ = word.partition("=")
        if not word.startswith("-") or name in known:
            ours.append(word)
            if known.get(name) and not has_value and rest:
                ours.append(rest.pop(0))
        else:
            sparks.append(word)
            if not has_value and rest and not rest[0].startswith("--"):
                sparks.append(rest.pop(0))
    return ours, sparks


def take(words: Sequence[str], name: str) -> tuple[list[str], list[str]]:
    """The values of an option, in order, and the words without it."""
    values: list[str] = []
    others: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == name and rest:
            values.append(rest.pop(0))
        elif word.startswith(f"{name}="):
            values.append(word.partition("=")[2])
        else:
            others.append(word)
    return values, others


def conf_pairs(words: Sequence[str]) -> list[str]:
    """The `key=value` of each `--conf`, in order; Spark knows the option as `-c` too."""
    long_form = [re.sub(r"^-c(?==|$)", "--conf", word) for word in words]
    return take(long_form, "--conf")[0]


def joined_lists(words: Sequence[str], ours: Mapping[str, Sequence[str]]) -> list[str]:
    """Spark's words, in which each comma-separated list holds our entries and then the caller's.

    Spark keeps only the last of two `--jars`; so they become one.
    """
    lists: list[str] = []
    others = list(words)
    for name in _LISTS:
        theirs, others = take(others, name)
        entries = [*ours.get(name, ()), *theirs]
        lists += [name, ",".join(entries)] if entries else []
    return [*lists, *others]


def spark_setting(key: str, words: Sequence[str], properties: str) -> str | None:
    """The value that a Spark setting will have: the last `--conf key=value` or `-c key=value`, else the line of the properties file."""
    pairs = [pair.partition("=") for pair in conf_pairs(words)]
    values = [value for name, _, value in pairs if name.strip() == key]
    if values:
        return values[-1].strip()
    lines = (line.split(None, 1) for line in properties.splitlines() if not line.lstrip().startswith("#"))
    in_file = [parts[1].strip() for parts in lines if len(parts) == 2 and parts[0] == key]
    return in_file[-1] if in_file else None
