"""Secrets reach Spark by a file that only this user may read: a command line is shown to every user of a machine."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from footfall.errors import SettingsError

# The name of a setting, a variable or a parameter in an address tells that its value is a secret: one of these words, ...
_ALWAYS_SECRET = re.compile(r"secret|passw(or)?d|passphrase|credential|token$|^(pwd|sas|sig|signature)$")
# ... or a key of one of these kinds.
_KINDS_OF_KEYS = {"access", "account", "api", "encryption", "master", "private", "shared", "signing", "storage"}
# Names that end so are those of files, classes, switches and sizes, also where a secret's word stands before.
_HARMLESS_ENDS = {
    "algorithm", "binding", "bits", "class", "enable", "enabled", "file", "impl", "interval", "length", "lifetime",
    "mechanism", "name", "path", "ratio", "regex", "type", "wait",
}  # fmt: skip
_REFERENCE = re.compile(r"\.secretKeyRef\.|\.(driver|executor)\.secrets\.|^spark\.kerberos\.renewal\.credentials$")
_WORD_OF_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_REDACTED = "(?i)secret|password|token|access[.]?key"  # Spark's own spark.redaction.regex
# A password or a token before the host. A name alone is a token only over http: abfss://container@account holds none.
_SECRET_IN_URI = re.compile(r"\w://[^/\s:@]*:(?!\d+(?:/|$))\S*@|\w://[^/\s:@]*:[^/\s@]*@|https?://[^/\s@]+@")
_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def refuse_secrets(words: Sequence[str]) -> None:
    """Raises SettingsError where the command line holds a secret, without repeating it.

    Rather one word too many is refused: whatever this refuses may stand in the file of --secret-conf.
    """
    faults = [place for place, names, value in _values(words) if _holds_secret(names, value)]
    if faults:
        raise SettingsError(
            f"a secret on the command line is shown to every user of this machine: {', '.join(dict.fromkeys(faults))}.",
            fix="Give Spark's settings by --secret-conf FILE, the pseudonym secret by its environment variable, MLflow's "
            "name and password by MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, and a secret of Java's by a file "
            "that Java reads.",
        )


def is_secret_name(name: str) -> bool:
    """Whether a value of this name is a secret, by the words in the name."""
    if _REFERENCE.search(name):
        return False
    words = [word.lower() for word in _WORD_OF_NAME.findall(name)]
    is_variable = "Env." in name  # of a process
    places = [
        place
        for place, word in enumerate(words)
        if _ALWAYS_SECRET.search(word)
        or (word == "key" and (is_variable or (place > 0 and words[place - 1] in _KINDS_OF_KEYS)))
        or (word.endswith("key") and word.removesuffix("key") in _KINDS_OF_KEYS)
    ]
    if not places:
        return False
    return words[-1] not in _HARMLESS_ENDS and words[places[-1] + 1 : places[-1] + 2] != ["provider"]


def _values(words: Sequence[str]) -> Iterator[tuple[str, list[str], str]]:
    """For each word that is or holds a value: the place to name in an error, the setting's name, and the value."""
    option = ""
    for word in words:
        name, has_value, value = word.partition("=")
        if word.startswith(("--", "-c=")) or word == "-c":
            option = name
            if not has_value:
                continue
        else:
            value = word
        key, is_pair, rest = value.partition("=")
        if option in {"--conf", "-c", "--set"} and is_pair and re.fullmatch(r"[\w.-]+", key.strip()):
            # no setting of footfall holds a secret, though text.max_tokens and privacy.secret_env sound so
            yield f"{option} {key.strip()}", [] if option == "--set" else [key], rest
        else:
            yield option or "an argument", [], value


def _holds_secret(names: list[str], value: str) -> bool:
    """Whether one of the names is a secret's, or the value holds one: in an address, or as `name=...` within it."""
    pieces = re.split(r"[\s,;&?\"'(){}|]+", re.sub(r"\s*=\s*", "=", value))
    within = [name.removeprefix("-D") for piece in pieces for name in piece.split("=")[:-1]]
    return any(map(is_secret_name, [*names, *within])) or _SECRET_IN_URI.search(value) is not None


def read_secret_conf(files: Sequence[str]) -> str:
    """The lines of the files of `--secret-conf`; raises SettingsError where others may read one of them."""
    lines = []
    for name in files:
        path = Path(name)
        if not path.is_file():
            raise SettingsError(f"--secret-conf {name}: no such file.", fix="Name a file of lines `key value`.")
        if path.stat().st_mode & _READABLE_BY_OTHERS:
            raise SettingsError(f"--secret-conf {name}: others may read it.", fix=f"Run chmod 600 {name}.")
        lines.append(text_of(path, f"--secret-conf {name}").rstrip("\n") + "\n")
    return "".join(lines)


def text_of(path: Path, place: str) -> str:
    """The text of a file of Spark's settings; SettingsError, without a word of the text, where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        words = f"{place}: not UTF-8 (byte {fault.start})."
    except OSError as fault:
        words = f"{place} cannot be read: {(fault.strerror or 'unknown cause').lower()}."
    raise SettingsError(words, fix="Save the file as UTF-8, with the right to read it.")


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
