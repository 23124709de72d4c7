"""The ways to encode texts in Spark whose speed is measured; each is a function of a frame of texts.

All of them read `text_id, text`, return `text_id, vector`, put the encoder's prefix before each text, cut at `max_tokens`
and average over tokens. The clock runs while they load their model.
"""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from pyspark.ml.functions import predict_batch_udf
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import pandas_udf

from footfall.errors import SettingsError
from footfall.text.bridge import encode_texts
from footfall.text.spec import EncoderSpec

BATCH = 64
VECTOR = T.ArrayType(T.FloatType())
Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class RunPlace:
    """The model, the device, the number of tasks that share the texts, and a folder to write to."""

    spec: EncoderSpec
    device: str  # cpu or cuda
    tasks: int
    scratch: Path


@dataclass(frozen=True)
class Variant:
    """A way to encode texts, the ceiling of its number type, and the package that it needs beside footfall's own."""

    encode: Callable[[DataFrame, RunPlace], DataFrame]
    about: str
    ceiling: str = ""
    needs: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether its package is installed."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None


def padded_encode(place: RunPlace) -> Encode:
    """A model of transformers as most tutorials use it: a batch padded to its longest text, fp32, mean over tokens."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(place.spec.encoder)
    model = AutoModel.from_pretrained(place.spec.encoder, add_pooling_layer=False).eval().to(place.device)

    def encode(texts: Sequence[str]) -> np.ndarray:
        prefixed = [place.spec.prefix + text for text in texts]
        tokens = tokenizer(
            prefixed, padding=True, truncation=True, max_length=place.spec.max_tokens, return_tensors="pt"
        ).to(place.device)
        mask = tokens["attention_mask"].unsqueeze(-1)
        with torch.inference_mode():
            hidden = model(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).last_hidden_state
            pooled = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1))
        vectors: np.ndarray = pooled.cpu().numpy()
        return vectors

    return encode


def _pandas_udf(function: Callable[..., Any], kind: str | T.DataType) -> Callable[..., Column]:
    return cast("Callable[..., Column]", cast("Any", pandas_udf)(function, kind))  # its stubs know no such iterator


def usual(texts: DataFrame, place: RunPlace) -> DataFrame:
    """An iterator pandas UDF; the column load_s has the seconds of loading the model in the task."""

    def encode(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        start = time.perf_counter()
        encode_batch = padded_encode(place)
        load_s = time.perf_counter() - start
        for batch in batches:
            parts = [encode_batch(batch.iloc[at : at + BATCH].tolist()) for at in range(0, len(batch), BATCH)]
            yield pd.DataFrame({"vector": list(np.concatenate(parts)), "load_s": load_s})

    encode.__annotations__ = {"batches": Iterator[pd.Series], "return": Iterator[pd.DataFrame]}  # PySpark wants objects
    encode_udf = _pandas_udf(encode, "vector array<float>, load_s double")
    return texts.select("text_id", encode_udf("text").alias("e")).select("text_id", "e.vector", "e.load_s")


def batch_udf(texts: DataFrame, place: RunPlace) -> DataFrame:
    """pyspark.ml.functions.predict_batch_udf around the same model."""

    def load() -> Callable[[np.ndarray], np.ndarray]:
        encode = padded_encode(place)
        return lambda batch: encode(batch.tolist())

    encode_udf = predict_batch_udf(load, return_type=VECTOR, batch_size=BATCH)
    return texts.select("text_id", encode_udf("text").alias("vector"))


def _sentence_transformer(spec: EncoderSpec, device: str) -> Any:
    """The model with the mean pooling that sentence-transformers uses for a plain directory."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(spec.encoder, device=device)
    model.max_seq_length = spec.max_tokens
    return model


def sentence_transformers(texts: DataFrame, place: RunPlace) -> DataFrame:
    """An iterator pandas UDF that passes whole Arrow batches to SentenceTransformer.encode, which sorts them by length."""

    def encode(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        import torch

        torch.set_num_threads(1)
        model = _sentence_transformer(place.spec, place.device)
        for batch in batches:
            yield pd.Series(list(model.encode((place.spec.prefix + batch).tolist(), show_progress_bar=False)))

    encode.__annotations__ = {"batches": Iterator[pd.Series], "return": Iterator[pd.Series]}
    return texts.select("text_id", _pandas_udf(encode, VECTOR)("text").alias("vector"))


def mlflow_udf(texts: DataFrame, place: RunPlace) -> DataFrame:
    """mlflow.pyfunc.spark_udf over the sentence_transformers flavor, built once: only its tasks are timed."""
    encode_udf = _mlflow_udf(place.spec, place.scratch)
    return texts.select("text_id", encode_udf(F.concat(F.lit(place.spec.prefix), "text")).alias("vector"))


@cache
def _mlflow_udf(spec: EncoderSpec, scratch: Path) -> Callable[..., Column]:
    import mlflow
    from mlflow.sentence_transformers import save_model

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    saved = scratch / "mlflow"
    save_model(_sentence_transformer(spec, "cpu"), str(saved), pip_requirements=[])
    spark = SparkSession.active()
    encode_udf: Callable[..., Column] = mlflow.pyfunc.spark_udf(
        spark, str(saved), result_type=VECTOR, env_manager="local"
    )
    return encode_udf


def ours(number_type: str) -> Callable[[DataFrame, RunPlace], DataFrame]:
    """Footfall's bridge in a number type."""

    def encode(texts: DataFrame, place: RunPlace) -> DataFrame:
        return encode_texts(texts, encoder=replace(place.spec, number_type=number_type))

    return encode


CEILING = "ceiling "  # the number type follows; benchmarks/text/ceiling.py computes it
VARIANTS = {
    "usual": Variant(usual, "iterator pandas UDF, model loaded in each task, batches of 64 by arrival, padded, fp32", "ceiling fp32"),
    "predict_batch_udf": Variant(batch_udf, "the same model in pyspark.ml.functions.predict_batch_udf", "ceiling fp32"),
    "mlflow": Variant(mlflow_udf, "mlflow.pyfunc.spark_udf, sentence_transformers flavor", "ceiling fp32", "sentence_transformers"),
    "sentence-transformers": Variant(
        sentence_transformers, "its encode in an iterator pandas UDF", "ceiling fp32", "sentence_transformers"
    ),
    **{
        f"ours {kind}": Variant(ours(kind), f"footfall's encode_texts in {kind}, torch's public API", CEILING + kind)
        for kind in ("fp32", "bf16", "fp16")
    },
}  # fmt: skip


def selected_variants(names: Sequence[str], *, half: str) -> list[str]:
    """Names of the variants to run, in the order of the table; without `names` all that are fast on this hardware.

    `half` is the short number type that it computes fast, "" where there is none. Ceilings are named like variants.
    """
    known = [*VARIANTS, *(CEILING + kind for kind in ("fp32", "bf16", "fp16"))]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SettingsError(
            f"no such variant: {', '.join(unknown)}.",
            fix=f"Choose among --variants={','.join(known)}, or leave the option out for all.",
        )
    slow = {kind for kind in ("bf16", "fp16") if kind != half}
    return [name for name in known if name in names or (not names and name.split()[-1] not in slow)]
