"""Text files beside the lake: whole or not at all, on a local path or on S3, other places refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import fs

from footfall.errors import EnvironmentFault, SettingsError
from footfall.storage.text_files import is_there, read_text, require_writable_kind, with_suffix, write_text
from s3_server import ENVIRONMENT, s3_server


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3_server() as address:
        fs.S3FileSystem(
            endpoint_override=address,
            allow_bucket_creation=True,
            access_key="any",
            secret_key="any",
            region="us-east-1",
        ).create_dir("pages")
        yield address


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of a server that this process reaches by its environment."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    return "s3://pages"


def test_saving_creates_the_folder_and_leaves_no_other_file(tmp_path: Path):
    page = tmp_path / "new" / "folder" / "page.html"
    assert not is_there(str(page))
    write_text(str(page), "first")
    write_text(str(page), "second, 第二")
    assert (is_there(str(page)), read_text(str(page))) == (True, "second, 第二")
    assert [file.name for file in page.parent.iterdir()] == ["page.html"]


def test_a_path_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match=r"page.html cannot be written") as fault:
        write_text(str(tmp_path / "file" / "page.html"), "text")
    assert "report.path" in fault.value.fix


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_a_file_on_s3_is_written_and_read_back(s3: str, scheme: str):
    page = f"{scheme}{s3.removeprefix('s3')}/{scheme}/report/index.html"
    assert not is_there(page)
    write_text(page, "first")
    write_text(page, "second, 第二")
    assert (is_there(page), read_text(page)) == (True, "second, 第二")


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_told():
    with pytest.raises(EnvironmentFault, match=r"s3://nowhere/index\.html cannot be reached(.|\n)*AWS_REGION"):
        write_text("s3://nowhere/index.html", "text")


@pytest.mark.parametrize("location", ["hdfs://somewhere/index.html", "dbfs://somewhere/index.html"])
def test_other_places_are_refused_in_words(location: str):
    with pytest.raises(SettingsError, match=r"report\.path is \S+: such a file is written to a local path or to S3"):
        require_writable_kind(location, setting="report.path")


@pytest.mark.parametrize(
    "location", ["build/report/index.html", "/srv/index.html", "s3://bucket/index.html", "s3a://b/i"]
)
def test_local_paths_and_s3_are_taken(location: str):
    require_writable_kind(location, setting="report.path")


def test_the_ending_changes_and_the_place_stays():
    assert with_suffix("s3://bucket/report/index.html", ".txt") == "s3://bucket/report/index.txt"
    assert with_suffix("index.html", ".txt") == "index.txt"
