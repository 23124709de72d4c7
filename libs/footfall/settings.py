"""Settings: conf/base.yaml, then an environment's file, then the command line, into one frozen object. Reads conf/ only."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field

from footfall.errors import FootfallError, SettingsError
from footfall.source import Source, TimeZone, read_source
from footfall.yaml_file import Closed, Key, places, read_yaml, validated

Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Count = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=0)]


class Shop(Closed):
    """The shop whose logs these are."""

    name: str
    time_zone: TimeZone
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class LakeSettings(Closed):
    """Where the tables are."""

    root: str
    catalog: str


class Sources(Closed):
    """Where the raw logs are."""

    root: str
    mappings: tuple[str | Source, ...] = Field(strict=False)


class Privacy(Closed):
    """Where the secret is found, and whose pseudonyms a new lake shares."""

    secret_env: str
    mint_key_from: str


class Features(Closed):
    """Which dates features are made for."""

    training_dates: Count
    training_step_days: Count


class Churn(Closed):
    """What churn is and when its model is good enough."""

    horizon_days: Count
    return_window_days: Days
    active_within_days: Count
    min_auroc_gain: Share
    bootstrap_rounds: Count


class Segments(Closed):
    """How people are grouped."""

    k_min: Annotated[int, Field(ge=2)]
    k_max: Annotated[int, Field(ge=2)]
    min_people: Count
    stability_rounds: Count
    min_stability: Share


class ServingEncoder(Closed):
    """An encoder that a champion still reads by; what is not said is as in `text`."""

    encoder: str
    prefix: str | None = None
    pooling: Literal["mean", "cls"] | None = None
    max_tokens: Annotated[int, Field(ge=3, le=8192)] | None = None
    max_parts: Count | None = None
    overlap_tokens: Annotated[int, Field(ge=0)] | None = None
    number_type: Literal["auto", "fp32", "bf16", "fp16"] | None = None


class Text(Closed):
    """Which encoder reads texts, and how."""

    encoder: str
    prefix: str
    pooling: Literal["mean", "cls"]
    max_tokens: Annotated[int, Field(ge=3, le=8192)]
    max_parts: Count
    overlap_tokens: Annotated[int, Field(ge=0)]
    tokens_per_batch: Annotated[int, Field(ge=16)]
    texts_per_batch: Count
    serving: tuple[ServingEncoder, ...] = Field(strict=False)
    tasks: Count
    number_type: Literal["auto", "fp32", "bf16", "fp16"]
    device: Literal["auto", "cpu", "gpu"]


class Sentiment(Closed):
    """How the sentiment head is judged."""

    judged_share: Share
    neutral_share: Share
    min_accuracy_gain: Share
    min_auroc_gain: Share


class AspectWords(Closed):
    """Words that show an aspect: Chinese ones anywhere in a clause, English ones as whole words."""

    zh: tuple[str, ...] = Field(default=(), strict=False)
    en: tuple[str, ...] = Field(default=(), strict=False)


class Aspects(Closed):
    """What a shop looks for in texts beside footfall's own aspects."""

    min_auroc: Share
    own: Mapping[str, AspectWords]


class Topics(Closed):
    """How texts are grouped by what they speak of, and when a topic counts as rising."""

    k_min: Annotated[int, Field(ge=2)]
    k_max: Annotated[int, Field(ge=2)]
    min_texts: Count
    stability_rounds: Count
    min_stability: Share
    false_alarm_share: Share
    min_voices: Count


class Intents(Closed):
    """When the model of intents answers, and how it is judged."""

    judged_share: Share
    min_precision: Share


class FineTune(Closed):
    """Whether and how the encoder itself is taught; the fields of footfall.tuning.TuningSpec, and where it happens."""

    enabled: bool
    folder: str
    processes: Count
    on_driver: bool
    search_trials: Annotated[int, Field(ge=0)]
    search_folds: Count
    max_tokens: Annotated[int, Field(ge=3, le=8192)]
    epochs: Count
    batch_texts: Count
    accumulation: Count
    rate: Annotated[float, Field(gt=0)]
    head_rate_factor: Annotated[float, Field(gt=0, strict=False)]
    layer_decay: Annotated[float, Field(gt=0, le=1, strict=False)]
    warm_up_share: Share
    weight_decay: Share
    clip_norm: Annotated[float, Field(gt=0, strict=False)]
    dropout: Share
    label_smoothing: Share
    balance_classes: bool
    train_word_embeddings: bool
    frozen_layers: Annotated[int, Field(ge=0)]
    start_from_logistic: bool
    stopping_share: Share
    judged_share: Share
    evaluations_an_epoch: Count
    patience: Count
    checkpoint_steps: Count
    augment_share: Share
    augment_strength: Share
    threads: Annotated[int, Field(ge=0)]
    seed: Annotated[int, Field(ge=0)]


class MlflowSettings(Closed):
    """Where models and metrics go."""

    tracking_uri: str
    artifact_root: str
    experiment: str


class Report(Closed):
    """The web page."""

    path: str
    portraits: Annotated[int, Field(ge=0)]
    show_texts: bool


class Settings(Closed):
    """All settings, checked before Spark starts."""

    shop: Shop
    lake: LakeSettings
    sources: Sources
    privacy: Privacy
    features: Features
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


def resolve(conf: Path, env: str, overrides: Mapping[str, Any]) -> Settings:
    """base.yaml, then env/<env>/settings.yaml if there is one, then `overrides` (dotted keys), mappings read in.

    Raises SettingsError with every fault at once, each with its file, line and key.
    """
    data, lines = read_yaml(conf / "base.yaml")
    where = places(conf / "base.yaml", lines)
    folder = conf / "env" / env
    if not folder.is_dir():
        known = ", ".join(sorted(p.name for p in (conf / "env").iterdir() if p.is_dir()))
        raise SettingsError(f"--env {env}: no folder {folder}.", mend=f"There are: {known}.")
    if (folder / "settings.yaml").exists():
        extra, extra_lines = read_yaml(folder / "settings.yaml")
        _merge(data, extra)
        where |= places(folder / "settings.yaml", extra_lines)
    for key, value in overrides.items():
        _set(data, tuple(key.split(".")), value)
        where[tuple(key.split("."))] = "command line"
    settings = validated(Settings, data, where=where)
    mappings = tuple(
        m if isinstance(m, Source) else read_source(_mapping_path(conf, m)) for m in settings.sources.mappings
    )
    return settings.model_copy(update={"sources": settings.sources.model_copy(update={"mappings": mappings})})


def read_resolved(path: Path) -> Settings:
    """The settings file that `resolve` wrote, as it travels to a cluster."""
    data, lines = read_yaml(path)
    return validated(Settings, data, where=places(path, lines))


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """`key.sub=value` pairs; the value is read as YAML, so 5 is a number and "5" is text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key:
            raise SettingsError(
                f"--set {pair}: expected key.sub=value.", mend="For instance --set churn.horizon_days=30."
            )
        found[key] = yaml.safe_load(text) if text else ""
    return found


def _mapping_path(conf: Path, name: str) -> Path:
    path = Path(name)
    return path if path.is_absolute() or path.exists() else conf.parent / path


def _merge(into: dict[str, Any], extra: Mapping[str, Any]) -> None:
    for key, value in extra.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _set(data: dict[str, Any], key: Key, value: object) -> None:
    *above, last = key
    for part in above:
        data = data.setdefault(str(part), {})
        if not isinstance(data, dict):
            raise SettingsError(f"--set {'.'.join(map(str, key))}: {part} holds no keys.", mend="See conf/base.yaml.")
    data[str(last)] = value


def main(arguments: list[str] | None = None) -> int:
    """Writes the one resolved settings file that travels with a job."""
    parser = argparse.ArgumentParser(prog="python -m footfall.settings", description=main.__doc__)
    parser.add_argument("--conf", type=Path, default=Path("conf"), help="folder with base.yaml (default: conf)")
    parser.add_argument("--env", default="local", help="name of a folder below conf/env (default: local)")
    parser.add_argument("--lake", help="root of the tables, a path or URI")
    parser.add_argument("--raw", help="root of the raw logs, a path or URI")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as churn.horizon_days=30"
    )
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    given = parser.parse_args(arguments)
    try:
        settings = resolve(given.conf, given.env, overrides_of(given.lake, given.raw, given.set))
    except FootfallError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(settings.model_dump(mode="json"), indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


def overrides_of(lake: str | None, raw: str | None, pairs: list[str]) -> dict[str, Any]:
    """The command line's overrides: --set first, then the two roots by their short options."""
    roots = {"lake.root": lake, "sources.root": raw}
    return parse_overrides(pairs) | {key: value for key, value in roots.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main())
