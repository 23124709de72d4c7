"""Settings: every fault at once, with file, line and key; one resolved file says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from footfall.errors import SettingsError
from footfall.settings import main, parse_overrides, read_resolved, resolve

CONF = Path(__file__).resolve().parents[2] / "conf"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A copy of base.yaml that names no mapping, and an empty environment `local`."""
    base = yaml.safe_load((CONF / "base.yaml").read_text())
    base["sources"]["mappings"] = []
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(base))
    (tmp_path / "env" / "local").mkdir(parents=True)
    return tmp_path


def test_base_yaml_is_whole_and_sound() -> None:
    assert resolve(CONF, "local", {}).churn.horizon_days == 61


def test_an_environment_changes_only_what_it_names(conf: Path) -> None:
    (conf / "env" / "local" / "settings.yaml").write_text("churn:\n  horizon_days: 30\n")
    settings = resolve(conf, "local", {})
    assert (settings.churn.horizon_days, settings.churn.return_window_days) == (30, 0)


def test_the_command_line_wins(conf: Path) -> None:
    assert resolve(conf, "local", parse_overrides(["churn.horizon_days=7"])).churn.horizon_days == 7


def test_all_faults_are_reported_at_once_with_file_line_and_key(conf: Path) -> None:
    (conf / "env" / "local" / "settings.yaml").write_text("churn:\n  horizon_days: soon\nlak:\n  root: x\n")
    with pytest.raises(SettingsError) as raised:
        resolve(conf, "local", {})
    where = conf / "env" / "local" / "settings.yaml"
    assert f"{where}:2: churn.horizon_days: input should be a valid integer, got 'soon'" in raised.value.what
    assert f"{where}:3: lak: unknown key" in raised.value.what


@pytest.mark.parametrize("section", ["segments", "topics"])
def test_a_range_of_groups_that_is_empty_is_refused(section: str) -> None:
    with pytest.raises(SettingsError, match=r"k_max is 2, less than k_min \(3\)"):
        resolve(CONF, "local", parse_overrides([f"{section}.k_max=2"]))


def test_a_missing_key_is_named(conf: Path) -> None:
    base = yaml.safe_load((conf / "base.yaml").read_text())
    del base["shop"]["currency"]
    (conf / "base.yaml").write_text(yaml.safe_dump(base))
    with pytest.raises(SettingsError, match=r"shop\.currency: missing"):
        resolve(conf, "local", {})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("shop: [", "not YAML: line 1"),
        ("- a\n- b\n", "expected keys and values"),
        ("shop:\n  name: a\n  name: b\n", r"given twice: shop\.name \(line 3\)"),
    ],
)
def test_a_file_that_is_no_mapping_says_so(conf: Path, text: str, fault: str) -> None:
    (conf / "base.yaml").write_text(text)
    with pytest.raises(SettingsError, match=fault):
        resolve(conf, "local", {})


def test_a_file_in_another_encoding_says_so(conf: Path) -> None:
    (conf / "base.yaml").write_bytes("shop: {name: Cafétéria}".encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        resolve(conf, "local", {})


def test_an_unknown_environment_names_those_there_are(conf: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        resolve(conf, "lokal", {})
    assert raised.value.fix == "Use one of: local."


def test_a_time_zone_that_does_not_exist_is_refused(conf: Path) -> None:
    with pytest.raises(SettingsError, match="no such time zone: Mars/Olympus"):
        resolve(conf, "local", {"shop.time_zone": "Mars/Olympus"})


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        ("shop.name=", r"shop\.name: the value is empty"),
        ("sources.root=", r"sources\.root: the value is empty"),
        ("privacy.secret_env=", r"privacy\.secret_env: the value is empty"),
        ("text.encoder=", r"text\.encoder: the value is empty"),
        ("fine_tune.folder=", r"fine_tune\.folder: the value is empty"),
        ("mlflow.tracking_uri=", r"mlflow\.tracking_uri: the value is empty"),
        ("mlflow.experiment=", r"mlflow\.experiment: the value is empty"),
        ("report.path=", r"report\.path: the value is empty"),
        ("report.path=build/", r"report\.path: this is a folder"),
        ("report.path=.", r"report\.path: this is a folder"),
        ("lake.root=", r"command line: lake\.root: the root is empty and so is lake\.catalog"),
        ("lake.root=' '", r"lake\.root: the root is empty"),
        ("mlflow.tracking_uri=https://", r"mlflow\.tracking_uri: this address names no server"),
        ("mlflow.tracking_uri=http://host:port", r"mlflow\.tracking_uri: this is no address: port could not"),
        ("shop.time_zone=America", r"no such time zone: America"),
    ],
)
def test_a_value_that_names_nothing_is_refused(pair: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        resolve(CONF, "local", parse_overrides([pair]))


@pytest.mark.parametrize("key", ["quality.max_row_ratio", "quality.max_drift", "fine_tune.clip_norm"])
@pytest.mark.parametrize("value", [".inf", ".nan"])
def test_a_number_of_a_setting_is_finite(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"{key}: input should be a finite number"):
        resolve(CONF, "local", parse_overrides([f"{key}={value}"]))


def test_a_catalog_needs_no_root() -> None:
    settings = resolve(CONF, "local", {"lake.root": "", "lake.catalog": "shop"})
    assert (settings.lake.root, settings.lake.catalog) == ("", "shop")


@pytest.mark.parametrize(
    "key",
    [
        "churn.horizon_days", "churn.return_window_days", "churn.active_within_days", "training.cadence_days",
    ],
)  # fmt: skip
def test_days_are_at_most_ten_years(key: str) -> None:
    assert resolve(CONF, "local", {key: 3650})
    with pytest.raises(SettingsError, match="less than or equal to 3650, got 3651"):
        resolve(CONF, "local", {key: 3651})
    with pytest.raises(SettingsError, match="less than or equal to 3650, got 99999999999"):
        resolve(CONF, "local", {key: 99999999999})


@pytest.mark.parametrize("value", ["a: b: c", "[", "2018-02-30", "{[1]: 2}", "!!python/none x"])
def test_a_set_whose_value_is_no_yaml_names_its_key(value: str) -> None:
    with pytest.raises(
        SettingsError, match=r"--set shop\.name: the value is not YAML: (.|\n)*Fix: Put a text into quotes"
    ):
        parse_overrides([f"shop.name={value}"])


def test_a_date_in_a_file_that_is_in_no_calendar_says_so(conf: Path) -> None:
    (conf / "base.yaml").write_text("shop:\n  name: 2018-02-30\n")
    with pytest.raises(SettingsError, match=r"base\.yaml: not YAML: day is out of range"):
        resolve(conf, "local", {})


def test_a_folder_in_the_place_of_a_file_is_refused(conf: Path) -> None:
    words = "cannot be read: is a directory.\nFix: Name a YAML file"
    with pytest.raises(SettingsError, match=words):
        resolve(conf, "local", {"sources.mappings": [str(conf)]})
    with pytest.raises(SettingsError, match=words):
        read_resolved(conf)
    with pytest.raises(SettingsError, match="cannot be read: not a directory"):
        resolve(conf / "base.yaml", "local", {})


@pytest.mark.parametrize("name", ["", ".", "../env/local"])
def test_an_environment_is_a_name_and_no_path(conf: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"--env {name}: no folder"):
        resolve(conf, name, {})


SOURCE = """\
source: {source}
about: invented
feeds:
  {feed}:
    files: items/*.csv
    format: csv
    into: {{items: {{columns: {{item_id: sku}}}}}}
"""


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        (None, "source corner is there already, as number 0 of the list"),
        (("corner", "others"), "source corner is there already, as number 0 of the list"),
        (
            ("corner_shop", "till"),
            "feed till of source corner_shop has the raw table corner_shop_till of feed shop_till of source corner too",
        ),
    ],
)
def test_a_mapping_listed_twice_is_refused_with_its_line(
    conf: Path, tmp_path: Path, second: tuple[str, str] | None, fault: str
) -> None:
    paths = [tmp_path / "a.yaml", tmp_path / ("b.yaml" if second else "a.yaml")]
    for path, (source, feed) in zip(paths, [("corner", "shop_till"), second or ("corner", "shop_till")], strict=True):
        path.write_text(SOURCE.format(source=source, feed=feed))
    own = conf / "env" / "local" / "settings.yaml"
    own.write_text(f"sources:\n  mappings:\n    - {paths[0]}\n    - {paths[1]}\n")
    with pytest.raises(SettingsError) as raised:
        resolve(conf, "local", {})
    assert raised.value.what == f"{own}:4: sources.mappings.1: {fault}"


def test_a_set_without_a_value_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"expected key\.sub=value"):
        parse_overrides(["churn.horizon_days"])


def test_the_resolved_file_says_the_same(tmp_path: Path) -> None:
    out = tmp_path / "settings.json"
    assert main(["--conf", str(CONF), "--lake", "/somewhere", "--out", str(out)]) == 0
    assert read_resolved(out) == resolve(CONF, "local", {"lake.root": "/somewhere"})


def test_the_resolver_ends_with_2_and_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--conf", str(CONF), "--env", "nowhere", "--out", str(tmp_path / "x")]) == 2
    assert "--env nowhere" in capsys.readouterr().err
