"""Keyed pseudonyms of identifiers and texts: HMAC-SHA256 under the mint key, as pandas UDFs. Pure; holds no key itself."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, cast

import pandas as pd
from pyspark.sql import Column
from pyspark.sql.pandas.functions import pandas_udf

from footfall.text.normal import normalise_text


class MintKey:
    """The key under which all pseudonyms are made; it shows in no representation, plan or error."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "MintKey(***)"

    def digest(self, *parts: str) -> str:
        """Hex of HMAC-SHA256 over the parts, each with its length before it, so that no two lists of parts agree."""
        message = b"".join(
            len(raw).to_bytes(4, "big") + raw for raw in (p.encode("utf-8", "surrogatepass") for p in parts)
        )
        return hmac.digest(self._key, message, "sha256").hex()

    def raw(self) -> bytes:
        """The key's bytes, for wrapping."""
        return self._key


def actor_ids(key: MintKey) -> Callable[[Column, Column, Column], Column]:
    """A UDF (kind, identifier, incarnation) -> actor_id. A UDF because a literal key would stand in the plan."""

    def mint(kind: pd.Series, identifier: pd.Series, incarnation: pd.Series) -> pd.Series:
        rows = zip(kind, identifier, incarnation, strict=True)
        return pd.Series([None if i is None else key.digest("actor", k, i, str(n)) for k, i, n in rows], dtype="object")

    return cast("Callable[..., Column]", cast("Any", pandas_udf)(mint, "string"))  # its stubs know no plain Series


def text_ids(key: MintKey) -> Callable[[Column], Column]:
    """A UDF text -> text_id of the normalised text."""

    def mint(text: pd.Series) -> pd.Series:
        normal = normalise_text(text)
        return pd.Series([None if t is None else key.digest("text", t) for t in normal], dtype="object")

    return cast("Callable[..., Column]", cast("Any", pandas_udf)(mint, "string"))  # its stubs know no plain Series
