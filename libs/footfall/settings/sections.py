"""What every setting may be: one class a section of conf/base.yaml, checked by pydantic. Declarations only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from footfall.mapping.source import Source
from footfall.mapping.words import TimeZone
from footfall.mapping.yaml_file import Closed, refuse
from footfall.settings.of_refine import ConsentDefaults, Identities, Quality, Sessions
from footfall.settings.values import Count, Day, Days, Filled, Share, SomeDays, address, file_path


class ShopSettings(Closed):
    """The shop whose logs these are."""

    name: Filled
    time_zone: TimeZone
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    first_day: Day


class LakeSettings(Closed):
    """Where the tables are."""

    root: str
    catalog: str

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not self.root.strip() and not self.catalog.strip():
            refuse(type(self), [(("root",), "the root is empty and so is lake.catalog; give one of them a value")])
        return self


class ClusterSettings(Closed):
    """What the machines of a cluster share."""

    shared_paths: bool


class Run(Closed):
    """How the steps of a run share the machine."""

    at_once: Count


class Sources(Closed):
    """Where the raw logs are."""

    root: Filled
    mappings: tuple[str | Source, ...] = Field(strict=False)


class Privacy(Closed):
    """Where the secret is found, and whose pseudonyms a new lake shares."""

    secret_env: Filled
    mint_key_from: str


class Features(Closed):
    """Which dates features are made for."""

    training_dates: Annotated[int, Field(ge=1, le=1000)]
    training_step_weeks: Annotated[int, Field(ge=1, le=520)]


class Churn(Closed):
    """What churn is and when its model is good enough."""

    horizon_days: SomeDays
    return_window_days: Days
    active_within_days: SomeDays
    min_auroc_gain: Share


class Training(Closed):
    """When models are refitted, and how surely they must be better."""

    cadence_days: Days
    bootstrap_rounds: Count
    max_champion_loss: Share


class NumberOfGroups(Closed):
    """How many groups a clustering may have."""

    k_min: Annotated[int, Field(ge=2)]
    k_max: Annotated[int, Field(ge=2)]

    @model_validator(mode="after")
    def _is_range(self) -> Self:
        if self.k_max < self.k_min:
            raise ValueError(f"k_max is {self.k_max}, less than k_min ({self.k_min})")
        return self


class Segments(NumberOfGroups):
    """How people are grouped."""

    min_people: Count
    stability_rounds: Count
    min_stability: Share


class ServingEncoder(Closed):
    """An encoder that a champion still reads by; what is not said is as in `text`."""

    encoder: Filled
    prefix: str | None = None
    pooling: Literal["mean", "cls"] | None = None
    max_tokens: Annotated[int, Field(ge=3, le=8192)] | None = None
    max_parts: Count | None = None
    overlap_tokens: Annotated[int, Field(ge=0)] | None = None
    number_type: Literal["auto", "fp32", "bf16", "fp16"] | None = None


class Text(Closed):
    """Which encoder reads texts, and how."""

    encoder: Filled
    prefix: str
    pooling: Literal["mean", "cls"]
    max_tokens: Annotated[int, Field(ge=3, le=8192)]
    max_parts: Count
    overlap_tokens: Annotated[int, Field(ge=0)]
    tokens_per_batch: Annotated[int, Field(ge=16)]
    texts_per_batch: Count
    serving: tuple[ServingEncoder, ...] = Field(strict=False)
    tasks: Count | None
    number_type: Literal["auto", "fp32", "bf16", "fp16"]
    device: Literal["auto", "cpu", "gpu"]


class Sentiment(Closed):
    """How the sentiment head is evaluated."""

    held_out_share: Share
    neutral_share: Share
    min_auroc_gain: Share


class AspectWords(Closed):
    """Words that show an aspect: Chinese ones anywhere in a clause, English ones as whole words."""

    zh: tuple[str, ...] = Field(default=(), strict=False)
    en: tuple[str, ...] = Field(default=(), strict=False)


class Aspects(Closed):
    """What a shop looks for in texts beside footfall's own aspects."""

    min_auroc_gain: Share
    own: Mapping[str, AspectWords]


class Topics(NumberOfGroups):
    """How texts are grouped by what they speak of, and when a topic counts as rising."""

    min_texts: Count
    stability_rounds: Count
    min_stability: Share
    false_alarm_share: Share
    min_users: Count


class Intents(Closed):
    """When the model of intents answers, and how it is evaluated."""

    held_out_share: Share
    min_precision: Share


class FineTune(Closed):
    """Whether and how the encoder itself is fine-tuned; the fields of footfall.tuning.TuningSpec, and where it happens."""

    enabled: bool
    folder: Filled
    processes: Count
    on_driver: bool
    search_trials: Annotated[int, Field(ge=0)]
    search_folds: Count
    max_tokens: Annotated[int, Field(ge=3, le=8192)]
    epochs: Count
    batch_texts: Count
    accumulation: Count
    rate: Annotated[float, Field(gt=0, strict=False)]
    head_rate_factor: Annotated[float, Field(gt=0, strict=False)]
    layer_decay: Annotated[float, Field(gt=0, le=1, strict=False)]
    warm_up_share: Share
    weight_decay: Share
    clip_norm: Annotated[float, Field(gt=0, strict=False)]
    dropout: Share
    label_smoothing: Share
    average_decay: Share
    balance_classes: bool
    train_word_embeddings: bool
    frozen_layers: Annotated[int, Field(ge=0)]
    start_from_logistic: bool
    stopping_share: Share
    held_out_share: Share
    evaluations_an_epoch: Count
    patience: Count
    checkpoint_steps: Count
    augment_share: Share
    augment_strength: Share
    threads: Annotated[int, Field(ge=0)]
    seed: Annotated[int, Field(ge=0)]


class MlflowSettings(Closed):
    """Where models and metrics go."""

    tracking_uri: Annotated[Filled, AfterValidator(address)]
    artifact_root: str
    experiment: Filled
    registry_schema: str = ""

    @model_validator(mode="after")
    def _schema_of_unity_catalog(self) -> Self:
        on_databricks = self.tracking_uri.partition(":")[0] == "databricks"
        if on_databricks != bool(self.registry_schema):
            needs = (
                "on Databricks Unity Catalog registers models as catalog.schema.model: give the setting catalog.schema"
            )
            raise ValueError(needs if on_databricks else "only Databricks has a registry_schema: leave it empty")
        return self


class Report(Closed):
    """The web page."""

    path: Annotated[Filled, AfterValidator(file_path)]
    portraits: Annotated[int, Field(ge=0)]
    show_texts: bool


class Settings(Closed):
    """All settings, checked before Spark starts."""

    shop: ShopSettings
    lake: LakeSettings
    cluster: ClusterSettings
    run: Run
    sources: Sources
    privacy: Privacy
    sessions: Sessions
    quality: Quality
    consent: ConsentDefaults
    identities: Identities
    features: Features
    training: Training
    churn: Churn
    segments: Segments
    text: Text
    sentiment: Sentiment
    aspects: Aspects
    topics: Topics
    intents: Intents
    fine_tune: FineTune
    mlflow: MlflowSettings
    report: Report

    @property
    def all_sources(self) -> tuple[Source, ...]:
        """The mappings, which `resolve` has read."""
        return tuple(m for m in self.sources.mappings if isinstance(m, Source))
