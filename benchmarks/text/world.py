"""The encoder's spec and the Spark session that the text benchmarks run with. Reads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from footfall.text.spec import EncoderSpec

MAX_TOKENS = 128
TOKENS_PER_BATCH = 4096  # on a GPU the encoder takes 16 times as many in a pass


def encoder_spec(directory: Path, device: str, *, number_type: str = "fp32") -> EncoderSpec:
    """The encoder as all variants run it; a text is cut at 128 tokens, because the usual ways cannot read it in parts."""
    return EncoderSpec(
        encoder=str(directory),
        prefix="query: ",
        pooling="mean",
        max_tokens=MAX_TOKENS,
        max_parts=1,
        overlap_tokens=0,
        tokens_per_batch=TOKENS_PER_BATCH,
        number_type=number_type,
        device=device,
    )


@contextmanager
def session(tasks: int) -> Iterator[SparkSession]:
    """A session of `tasks` tasks at once, without Delta: only the encoder is timed."""
    confs = {
        "spark.driver.memory": "2g",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.shuffle.partitions": str(tasks),
    }
    builder = SparkSession.builder.master(f"local[{tasks}]").appName("footfall bench: text")
    for key, value in confs.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def frame_of(spark: SparkSession, texts: Sequence[str]) -> DataFrame:
    """A frame text_id, text with as many partitions as there are tasks at once."""
    rows = pd.DataFrame({"text_id": [f"{i:06d}" for i in range(len(texts))], "text": list(texts)})
    return spark.createDataFrame(rows, "text_id string, text string")
