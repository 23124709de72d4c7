"""Secrets reach Spark by a file that only this user may read: a command line is shown to every user of a machine."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.submit.options import take

from footfall.errors import SettingsError

# A setting whose value is a secret: a variable of that name for a process, a password, the second half of a key pair.
_SECRET_KEY = re.compile(
    r"Env\.\w*(?:secret|password|token|key)\w*$"
    r"|[.](?:secret[.]?key|session[.]?token|access[.]?key|account[.]key\b.*|auth[.]?token|oauthToken)$"
    r"|(?:[.]secret|password)$",
    re.IGNORECASE,
)
_REDACTED = "(?i)secret|password|token|access[.]?key"  # Spark's own spark.redaction.regex
_PASSWORD_IN_URI = re.compile(r"\w://[^/\s:@]*:[^/\s@]+@")
_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def refuse_secrets(words: Sequence[str]) -> None:
    """Raises SettingsError where the command line holds a secret, without repeating it."""
    keys = [pair.partition("=")[0].strip() for pair in take(words, "--conf")[0]]
    faults = [f"--conf {key}" for key in keys if _SECRET_KEY.search(key)]
    faults += [f"{word.partition('://')[0]}://" for word in words if _PASSWORD_IN_URI.search(word)]
    if faults:
        raise SettingsError(
            f"a secret on the command line is shown to every user of this machine: {', '.join(faults)}.",
            fix="Give Spark's settings by --secret-conf FILE, the pseudonym secret by its environment variable, and "
            "MLflow's name and password by MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
        )


def read_secret_conf(files: Sequence[str]) -> str:
    """The lines of the files of `--secret-conf`; raises SettingsError where others may read one of them."""
    lines = []
    for name in files:
        path = Path(name)
        if not path.is_file():
            raise SettingsError(f"--secret-conf {name}: no such file.", fix="Name a file of lines `key value`.")
        if path.stat().st_mode & _READABLE_BY_OTHERS:
            raise SettingsError(f"--secret-conf {name}: others may read it.", fix=f"Run chmod 600 {name}.")
        lines.append(path.read_text(encoding="utf-8").rstrip("\n") + "\n")
    return "".join(lines)


def driver_secret(name: str, environment: Mapping[str, str]) -> str:
    """The lines that give a driver on a node of YARN the secret of the environment variable `name`; empty where it is unset.

    Elsewhere the driver runs with our environment. Spark hides the value in its pages and event logs by the name of its
    key; a name that does not look like a secret's is added to what it hides.
    """
    if not environment.get(name):
        return ""
    line = f"spark.yarn.appMasterEnv.{name} {_escaped(environment[name])}\n"
    return line if re.search(_REDACTED, name) else f"{line}spark.redaction.regex {_REDACTED}|{name}\n"


def write_private(text: str, file: Path) -> Path:
    """Writes a file that nobody but this user may read; it is private before the first byte is in it."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return file


def _escaped(value: str) -> str:
    """A value as a line of Java properties holds it, so that it is read back as it is."""
    special = "".join(f"\\u{ord(c):04x}" if c in "\\\n\r\t" or ord(c) > 126 else c for c in value)
    return f"\\{special}" if special.startswith(" ") else special
