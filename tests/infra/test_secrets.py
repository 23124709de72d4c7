"""Secrets never stand on a command line: neither on Spark's nor, without a refusal, on ours."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from infra.submit import __main__ as submission
from infra.submit.options import spark_setting, take
from infra.submit.secret_settings import refuse_secrets, write_private
from pyspark.sql import SparkSession

from cluster.submission import ROOT, submit
from footfall.errors import SettingsError

SECRET = "abc = \\ déf # of: a shop!"
SECRET_KEYS = [
    "fs.oss.accessKeySecret", "fs.oss.accessKeyId", "fs.azure.account.key.shop.dfs.core.windows.net",
    "fs.azure.account.oauth2.client.secret.shop.dfs.core.windows.net", "fs.azure.sas.files.shop.blob.core.windows.net",
    "fs.azure.sas.fixed.token.shop", "fs.gs.auth.service.account.private.key", "fs.s3a.encryption.key",
    "fs.s3a.server-side-encryption.key", "fs.s3a.bucket.shop.secret.key", "FS.S3A.SECRET.KEY", "fs.cosn.userinfo.secretKey",
    "parquet.encryption.key.list", "hive.metastore.passphrase", "javax.jdo.option.ConnectionPassword",
]  # fmt: skip
JOB = """import argparse
parser = argparse.ArgumentParser()
for name in ("--env", "--lake", "--set", "--settings"):
    parser.add_argument(name)
parser.parse_args()
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for the log of a plan; the environment is that of spark-submit.sh with a secret."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}/libs:{ROOT}")
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", SECRET)
    monkeypatch.setenv("SHOP_SALT", "a salt of the shop")
    (tmp_path / "job.py").write_text(JOB, encoding="utf-8")
    return tmp_path / "x.log"


def planned(log: Path, *words: str) -> list[str]:
    """The command that would be run; a cluster's MLflow server is named, which its settings leave to fill in."""
    server = ["--set", "mlflow.tracking_uri=https://mlflow.example"]
    return submission.plan(str(log.with_name("job.py")), [*words, *server], log)[0]


def as_spark_reads(spark: SparkSession, file: Path) -> dict[str, str]:
    """The settings that Spark reads from a properties file."""
    pairs = spark._jvm.org.apache.spark.util.Utils.getPropertiesFromFile(str(file))
    return {pair._1(): pair._2() for pair in (pairs.toSeq().apply(i) for i in range(pairs.size()))}


def test_a_driver_on_yarn_gets_the_secret_by_a_private_file_and_not_by_the_command(
    log: Path, spark: SparkSession
) -> None:
    command = planned(log, "--env", "yarn", "--deploy-mode", "cluster", "--lake", "hdfs:///lake")
    (properties,) = take(command, "--properties-file")[0]
    assert [word for word in command if SECRET in word] == []
    assert stat.S_IMODE(Path(properties).stat().st_mode) == 0o600
    settings = as_spark_reads(spark, Path(properties))
    assert settings["spark.yarn.appMasterEnv.FOOTFALL_PSEUDONYM_SECRET"] == SECRET
    assert settings["spark.yarn.maxAppAttempts"] == "1", "the settings of the environment are there too"
    assert "spark.redaction.regex" not in settings, "Spark hides a key with 'secret' in it anyway"


def test_a_secret_whose_variable_has_a_plain_name_is_hidden_by_spark_too(log: Path) -> None:
    words = ["--env", "yarn", "--deploy-mode", "cluster", "--set", "privacy.secret_env=SHOP_SALT"]
    (properties,) = take(planned(log, *words), "--properties-file")[0]
    text = Path(properties).read_text(encoding="utf-8")
    assert spark_setting("spark.yarn.appMasterEnv.SHOP_SALT", [], text) == "a salt of the shop"
    assert spark_setting("spark.redaction.regex", [], text) == "(?i)secret|password|token|access[.]?key|SHOP_SALT"


@pytest.mark.parametrize("words", [["--env", "local"], ["--env", "yarn"]])
def test_no_private_file_is_written_where_the_driver_has_our_environment(log: Path, words: list[str]) -> None:
    command = planned(log, *words)
    assert take(command, "--properties-file")[0] == [f"conf/env/{words[1]}/spark.conf"]
    assert list(log.parent.glob("*.private.conf")) == []


def test_secret_settings_come_from_a_file_that_only_we_may_read(log: Path) -> None:
    file = log.with_name("s3.conf")
    file.write_text("spark.hadoop.fs.s3a.secret.key abc\n", encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(SettingsError, match=r"s3.conf: others may read it.\nFix: Run chmod 600 "):
        planned(log, "--env", "local", "--secret-conf", str(file))
    file.chmod(0o600)
    command = planned(log, "--env", "local", "--secret-conf", str(file))
    (properties,) = take(command, "--properties-file")[0]
    text = Path(properties).read_text(encoding="utf-8")
    assert spark_setting("spark.hadoop.fs.s3a.secret.key", [], text) == "abc"
    assert spark_setting("spark.master", [], text) == "local[*]"
    assert stat.S_IMODE(Path(properties).stat().st_mode) == 0o600
    assert "abc" not in " ".join(command)


@pytest.mark.parametrize(
    "words",
    [
        ["--conf", "spark.yarn.appMasterEnv.FOOTFALL_PSEUDONYM_SECRET=hidden"],
        ["--conf=spark.executorEnv.AWS_SECRET_ACCESS_KEY=hidden"],
        ["--conf", "spark.hadoop.fs.s3a.secret.key=hidden"],
        ["--conf", "spark.hadoop.fs.s3a.session.token=hidden"],
        ["--conf", "spark.ssl.keyStorePassword=hidden"],
        ["--conf", "spark.authenticate.secret=hidden"],
        ["--set", "mlflow.tracking_uri=https://me:hidden@mlflow"],
        ["--set", "mlflow.tracking_uri=https://hidden@mlflow/"],
        ["--set", "mlflow.tracking_uri=https://hidden:@mlflow/"],
        ["--set=mlflow.tracking_uri=https://me:hid/hidden@mlflow"],
        ["--set", "mlflow.tracking_uri=https://mlflow/?token=hidden"],
        ["--lake", "s3a://me:hidden@bucket/lake"],
        ["--repositories", "https://me:hidden@packages/maven"],
        ["-c", "spark.hadoop.fs.s3a.secret.key=hidden"],
        ["--conf", " spark.hadoop.fs.s3a.access.key = hidden"],
        *(["--conf", f"spark.hadoop.{key}=hidden"] for key in SECRET_KEYS),
        ["--conf", "spark.executorEnv.PGPASSWORD=hidden"],
        ["--conf", "spark.executorEnv.SHOP_KEY=hidden"],
        ["--conf", "spark.driver.extraJavaOptions=-Dx=1 -Djavax.net.ssl.trustStorePassword=hidden"],
        ["--conf=spark.executor.extraJavaOptions=-Djavax.net.ssl.trustStorePassword=hidden"],
        ["-c", "spark.driver.defaultJavaOptions=-Dlogin='x password = hidden'"],
        ["--driver-java-options", "-Daws.secretKey=hidden"],
        ["--driver-java-options=-Xmx1g -Daws.secretKey=hidden"],
        ["--conf", "spark.jdbc=jdbc:postgresql://db/shop?user=me&password=hidden"],
        ["--conf", "spark.place=https://store/x?sv=1&sig=hidden"],
    ],
)
def test_a_secret_on_our_command_line_is_refused_and_not_repeated(log: Path, words: list[str]) -> None:
    with pytest.raises(SettingsError) as raised:
        planned(log, *words)
    assert "Fix: Give Spark's settings by --secret-conf FILE" in str(raised.value)
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize(
    "pair",
    [
        "spark.kubernetes.driver.secretKeyRef.FOOTFALL_PSEUDONYM_SECRET=footfall:secret",
        "spark.kubernetes.driver.secrets.footfall=/etc/secrets",
        "spark.kubernetes.authenticate.driver.oauthTokenFile=/etc/token",
        "spark.yarn.appMasterEnv.TZ=UTC",
        "spark.executorEnv.TOKENIZERS_PARALLELISM=false",
        "spark.executorEnv.AWS_WEB_IDENTITY_TOKEN_FILE=/etc/token",
        "spark.authenticate.secret.driver.file=/etc/secret",
        "spark.authenticate.secretBitLength=256",
        "spark.security.credentials.hive.enabled=false",
        "spark.kerberos.renewal.credentials=ccache",
        "spark.redaction.regex=(?i)secret|password|token",
        "spark.io.encryption.keySizeBits=256",
        "spark.hadoop.fs.s3a.aws.credentials.provider=org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "spark.hadoop.hadoop.security.credential.provider.path=jceks://hdfs/shop.jceks",
        "spark.hadoop.fs.azure.sas.token.provider.type.shop.dfs.core.windows.net=com.example.Tokens",
        "spark.hadoop.fs.azure.account.oauth2.client.endpoint.shop=https://login.example/tenant/oauth2/token",
        "spark.hadoop.fs.gs.auth.service.account.json.keyfile=/etc/key.json",
        "spark.hadoop.fs.s3a.endpoint=http://127.0.0.1:9000",
        "spark.driver.extraJavaOptions=-Djavax.net.ssl.trustStore=/etc/store -Xmx1g",
    ],
)
def test_settings_about_secrets_that_hold_none_pass(pair: str) -> None:
    for words in (["--conf", pair], [f"--conf={pair}"], ["-c", pair]):
        refuse_secrets(words)


def test_settings_and_addresses_of_footfall_that_hold_no_secret_pass() -> None:
    refuse_secrets(
        [
            "--set", "text.max_tokens=128", "--set", "privacy.secret_env=SHOP_SALT", "--set=text.tokens_per_batch=64",
            "--set", "mlflow.tracking_uri=postgresql://mlflow@db/mlflow",
            "--set", "mlflow.tracking_uri=http://127.0.0.1:5000/a@b",
            "--lake", "hdfs://namenode:8020/lake@1", "--raw", "abfss://files@shop.dfs.core.windows.net/raw",
            "--secret-conf", "secret.conf", "--run-id", "token-1",
        ]
    )  # fmt: skip


def test_a_refused_secret_is_named_by_its_option_and_key_alone() -> None:
    words = ["-c", "spark.hadoop.fs.s3a.secret.key=a", "--driver-java-options", "-Dpassword=b", "--lake=s3a://c:d@shop"]
    with pytest.raises(
        SettingsError, match=r": -c spark\.hadoop\.\S+\.secret\.key, --driver-java-options, --lake\.\nFix: "
    ):
        refuse_secrets(words)


def test_spark_takes_c_for_conf() -> None:
    assert (
        spark_setting("spark.master", ["--conf", "spark.master=yarn", "-c", "spark.master=local[2]"], "") == "local[2]"
    )


def test_a_file_of_secrets_that_is_not_utf_8_is_refused_without_its_text(log: Path) -> None:
    file = write_private("", log.with_name("s3.conf"))
    file.write_bytes("spark.hadoop.fs.s3a.secret.key pässword".encode("latin-1"))
    with pytest.raises(
        SettingsError, match=r"s3\.conf: not UTF-8 \(byte 32\)\.\nFix: Save the file as UTF-8"
    ) as raised:
        planned(log, "--env", "local", "--secret-conf", str(file))
    assert "ssword" not in str(raised.value)


def test_a_private_file_is_private_also_where_a_readable_one_was(tmp_path: Path) -> None:
    file = tmp_path / "x.private.conf"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o644)
    assert stat.S_IMODE(write_private("new", file).stat().st_mode) == 0o600
    assert file.read_text(encoding="utf-8") == "new"


def test_the_private_file_is_gone_when_the_run_ends(log: Path) -> None:
    file = log.with_name("s3.conf")
    write_private("spark.hadoop.fs.s3a.secret.key abc\n", file)
    job = str(log.with_name("job.py"))
    run = submit(job, "--env", "local", "--secret-conf", str(file), "--driver-memory", "512m")
    assert run.returncode == 0, run.stderr
    log_name = run.stderr.splitlines()[0].rpartition("/")[2].removesuffix(".log")
    assert [path.name for path in (ROOT / "build" / "logs").glob(f"{log_name}*.private.conf")] == []
