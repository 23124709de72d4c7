"""What is wrong with what a mapping says of how values stand in text: the header's line, signs around them, decimals. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from footfall.mapping.yaml_file import Key


def text_faults(
    format_name: str, options: Mapping[str, str], header_line: int, strip: str, decimal: str | None
) -> list[tuple[Key, str]]:
    """The faults of `header_line`, `strip` and `decimal`: the key within the feed, and the fault in words."""
    faults: list[tuple[Key, str]] = []
    if header_line > 1 and (format_name != "csv" or options.get("header", "true") != "true"):
        faults.append((("header_line",), "is for CSV with a header"))
    if any(sign.isalnum() or sign in "+-" for sign in strip):
        faults.append((("strip",), "letters, digits, + and - belong to values; write other signs"))
    if decimal and format_name.startswith("json"):
        faults.append((("decimal",), "numbers of JSON have a point; replace signs in the mapping's expressions"))
    return faults
