"""The mint key: one a lake, wrapped by the secret, the same after the secret turns."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.errors import EnvironmentFault
from footfall.privacy.pseudonyms import MintKey
from footfall.storage.lake import Lake
from footfall.storage.vault import mint_key, rewrap, secret_from, unwrap, wrap


def test_a_wrapped_key_opens_with_its_secret_only() -> None:
    sealed = wrap(MintKey(b"m" * 32), "the right secret, long")
    assert unwrap(sealed, "the right secret, long").raw() == b"m" * 32
    with pytest.raises(EnvironmentFault, match="does not fit this lake"):
        unwrap(sealed, "another secret, as long")
    assert "m" * 8 not in sealed


def test_a_lake_keeps_its_key_when_the_secret_turns(lake: Lake) -> None:
    before = mint_key(lake, "old secret, long enough").raw()
    rewrap(lake, "old secret, long enough", "new secret, long enough")
    assert mint_key(lake, "new secret, long enough").raw() == before
    with pytest.raises(EnvironmentFault):
        mint_key(lake, "old secret, long enough")


def test_a_new_lake_may_take_another_ones_key(lake: Lake, spark: SparkSession, tmp_path: Path) -> None:
    secret = "a secret, long enough"
    key = mint_key(lake, secret).raw()
    second = Lake(spark, str(tmp_path / "second"))
    assert mint_key(second, secret, taken_from=lake).raw() == key
    assert mint_key(Lake(spark, str(tmp_path / "third")), secret).raw() != key


@pytest.mark.parametrize(("value", "fault"), [(None, "is not set"), ("short", "has fewer than 16 characters")])
def test_no_secret_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch, value: str | None, fault: str) -> None:
    monkeypatch.delenv("A_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("A_SECRET", value)
    with pytest.raises(EnvironmentFault, match=fault) as told:
        secret_from("A_SECRET")
    assert "openssl rand" in told.value.fix
