"""Frames of people made by the rules of models_shared."""

from __future__ import annotations

import pandas as pd
import pytest
from models_shared import EVALUATION_DATE, PEOPLE, TRAINING, person, shopper
from pyspark.sql import DataFrame, SparkSession


@pytest.fixture(scope="session")
def people(spark: SparkSession) -> DataFrame:
    """600 people on two training dates and the evaluation date, with their label."""
    rows = [person(number, day) for day in (*TRAINING, EVALUATION_DATE) for number in range(600)]
    return spark.createDataFrame(pd.DataFrame(rows).astype(object).where(lambda f: f.notna(), None), schema=PEOPLE)


@pytest.fixture(scope="session")
def shoppers(spark: SparkSession) -> DataFrame:
    """200 people of four kinds on one date."""
    rows = [shopper(number, EVALUATION_DATE) for number in range(200)]
    return spark.createDataFrame(pd.DataFrame(rows))
