"""The mint key: one a lake, wrapped by the secret, the same after the secret turns."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.errors import EnvironmentFault
from footfall.privacy.pseudonyms import MintKey
from footfall.storage.lake import Lake
from footfall.storage.vault import PROPERTY, mint_key, rewrap, secret_from, unwrap, wrap
from footfall.tables import PSEUDONYMS

SECRET = "a secret, long enough"
# The key b"m" * 32 under SECRET as lakes of before kept it; of 341 such texts one has "url" in it, as this one has.
WRAPPED_WITH_URL = (
    '["AAECAwQFBgcICQoLDA0ODw==", "/QXOKsCsReM2MkcM", '
    '"H9n+YX7nM8OrBUwiwN2YKOuIgFemBkJRfESX6t3XNpgQPB6f4nSHxoHoVcurLzKH"]'
)


def test_a_wrapped_key_opens_with_its_secret_only() -> None:
    sealed = wrap(MintKey(b"m" * 32), "the right secret, long")
    assert unwrap(sealed, "the right secret, long").raw() == b"m" * 32
    with pytest.raises(EnvironmentFault, match="does not fit this lake"):
        unwrap(sealed, "another secret, as long")
    assert "m" * 8 not in sealed


def test_a_wrapped_key_has_nothing_that_spark_redacts() -> None:
    sealed = json.loads(wrap(MintKey(b"m" * 32), SECRET))
    assert all(set(part) <= set("0123456789abcdef") for part in sealed)


def test_a_key_kept_as_base64_is_read_also_where_spark_redacts_it(spark: SparkSession, lake: Lake) -> None:
    lake.ensure(PSEUDONYMS, at_birth={PROPERTY: WRAPPED_WITH_URL})
    shown = spark.sql(f"SHOW TBLPROPERTIES {lake.name(PSEUDONYMS.full_name)}").collect()
    assert "redacted" in {row["key"]: row["value"] for row in shown}[PROPERTY]
    assert mint_key(Lake(spark, lake.root), SECRET).raw() == b"m" * 32


def test_a_lake_keeps_its_key_when_the_secret_turns(lake: Lake) -> None:
    before = mint_key(lake, "old secret, long enough").raw()
    rewrap(lake, "old secret, long enough", "new secret, long enough")
    assert mint_key(lake, "new secret, long enough").raw() == before
    with pytest.raises(EnvironmentFault):
        mint_key(lake, "old secret, long enough")


def test_a_new_lake_may_take_another_ones_key(lake: Lake, spark: SparkSession, tmp_path: Path) -> None:
    key = mint_key(lake, SECRET).raw()
    second = Lake(spark, str(tmp_path / "second"))
    assert mint_key(second, SECRET, taken_from=lake).raw() == key
    assert mint_key(Lake(spark, str(tmp_path / "third")), SECRET).raw() != key


@pytest.mark.parametrize(("value", "fault"), [(None, "is not set"), ("short", "has fewer than 16 characters")])
def test_no_secret_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch, value: str | None, fault: str) -> None:
    monkeypatch.delenv("A_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("A_SECRET", value)
    with pytest.raises(EnvironmentFault, match=fault) as raised:
        secret_from("A_SECRET")
    assert "openssl rand" in raised.value.fix


def test_two_processes_that_create_the_vault_in_the_same_moment_get_one_key(spark: SparkSession, lake: Lake) -> None:
    both_saw_no_vault = threading.Barrier(2)

    class RacingLake(Lake):
        """Waits before it creates a table until the other process is there too."""

        def ensure(self, *arguments: Any, **named: Any) -> None:
            """As Lake's."""
            both_saw_no_vault.wait()
            super().ensure(*arguments, **named)

    with ThreadPoolExecutor(2) as processes:
        keys = list(processes.map(lambda _: mint_key(RacingLake(spark, lake.root), SECRET).raw(), range(2)))
    assert keys[0] == keys[1] == mint_key(lake, SECRET).raw()


@pytest.mark.parametrize("point", ["ensure", "set_property"])
def test_a_process_that_finds_no_key_takes_the_one_that_another_stored_in_between(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    late, changes = Lake(spark, lake.root), getattr(Lake, point)

    def after_the_rival(*arguments: Any, **named: Any) -> None:
        mint_key(lake, SECRET)
        changes(late, *arguments, **named)

    monkeypatch.setattr(late, point, after_the_rival)
    assert mint_key(late, SECRET).raw() == mint_key(lake, SECRET).raw()


def test_a_vault_without_a_key_is_refused_rather_than_given_a_second_one(lake: Lake) -> None:
    lake.ensure(PSEUDONYMS)
    with pytest.raises(EnvironmentFault, match=r"the vault delta\..*pseudonyms.* has no mint key") as raised:
        mint_key(lake, SECRET)
    assert "Restore the table" in raised.value.fix
