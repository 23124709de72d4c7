"""Shows what this machine lacks for footfall and how to get it; reads the machine, changes nothing.

Only the standard library, and a syntax that old Pythons read, so that an old Python gets an answer and no traceback.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

JAVA = (17, 21)  # the versions that the tests ran on
PYTHON = (3, 11)
DISK_FREE_GB = 12  # packages 7, their cache, jars, logs and tables; once set up, what is written is small
DISK_FREE_SET_UP_GB = 3
MEMORY_GB = 7  # 4 for the driver of the demo, the rest for its Python workers and the system
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ROOT = Path(__file__).resolve().parents[2]


class Finding:
    """One check: what it is about, the value read, what is wrong with it ('' if nothing), and how to fix that."""

    def __init__(self, what, value, fault="", fix="", only_tests=False):
        self.what = what
        self.value = value
        self.fault = fault
        self.fix = fix
        self.only_tests = only_tests


def java():
    """A Java that the tests ran on, by JAVA_HOME or the path."""
    wanted = " or ".join(map(str, JAVA))
    debian = "Debian 12: openjdk-17-jre-headless, Debian 13: openjdk-21-jre-headless"
    fix = f"Install Java {wanted} ({debian}), or set JAVA_HOME to the folder of one."
    home = os.environ.get("JAVA_HOME", "")
    program = str(Path(home) / "bin/java") if home else shutil.which("java")
    if home and not Path(program).exists():
        return Finding("Java", home, f"JAVA_HOME is {home}, where there is no bin/java", fix)
    if not program:
        return Finding("Java", "none", "there is no Java", fix)
    match = re.search(r'version "(\d+)', output([program, "-version"]))
    version = int(match.group(1)) if match else 0
    if version not in JAVA:
        return Finding("Java", program, f"{program} is Java {version or 'unknown'}, needed is {wanted}", fix)
    return Finding("Java", f"{version} ({program})")


def output(command):
    """What a command prints on both its outputs; '' where it does not run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def python(version=None):
    """This Python: the virtual environment is made with it."""
    version = version or sys.version_info[:3]
    value = "{} ({})".format(".".join(map(str, version)), sys.executable)
    if tuple(version[:2]) < PYTHON:
        return Finding(
            "Python",
            value,
            "this is Python {}, needed is {}.{} or newer".format(".".join(map(str, version)), *PYTHON),
            "Install python3.11 (or newer) and name it: make PYTHON=python3.11 ...",
        )
    return Finding("Python", value)


def venv_module():
    """Debian ships Python without what makes virtual environments."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return Finding("venv", "none", "this Python has no venv and ensurepip", "Debian: install python3-venv.")
    return Finding("venv", "there")


def disk(free_gb=None):
    """Room for the environment and for tables."""
    set_up = (ROOT / ".venv/.set-up").exists()
    wanted = DISK_FREE_SET_UP_GB if set_up else DISK_FREE_GB
    free = shutil.disk_usage(str(ROOT)).free / 1e9 if free_gb is None else free_gb
    value = f"{free:.0f} GB free"
    if free < wanted:
        return Finding("disk", value, f"{value} of the {wanted} GB needed in {ROOT}", "Make room, or clone elsewhere.")
    return Finding("disk", value)


def memory(total_gb=None):
    """Memory of the machine, where the system shows it."""
    if total_gb is None:
        try:
            total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        except (ValueError, OSError, AttributeError):
            return Finding("memory", "unknown")
    value = f"{total_gb:.0f} GB"
    if total_gb < MEMORY_GB:
        return Finding("memory", value, f"{value} of memory, needed are {MEMORY_GB} GB", "Take a larger machine.")
    return Finding("memory", value)


def chromium():
    """Headless Chromium looks at the report in the tests."""
    program = next((p for p in map(shutil.which, CHROMIUM) if p), None)
    fix = "Debian: install chromium. Only the tests need it."
    if program is None:
        return Finding("Chromium", "none", "there is no Chromium", fix, only_tests=True)
    return Finding("Chromium", program, only_tests=True)


def maven():
    """Maven fetches the jars of the HDFS that a test starts."""
    program = shutil.which("mvn")
    if program is None:
        return Finding(
            "Maven", "none", "there is no mvn", "Debian: install maven. Only the tests need it.", only_tests=True
        )
    return Finding("Maven", program, only_tests=True)


def report(findings, for_tests):
    """Prints every finding, then how to fix each fault; 2 if a fault stops footfall, 0 if none does."""
    stops = [f for f in findings if f.fault and (for_tests or not f.only_tests)]
    for finding in findings:
        mark = "MISSING" if finding in stops else "later" if finding.fault else "ok"
        print(f"  {mark:<8} {finding.what:<9} {finding.fault or finding.value}")
    for finding in findings:
        if finding.fault:
            print(f"{finding.what}: {finding.fix}")
    return 2 if stops else 0


def main(arguments=None):
    """0 when nothing is missing, 2 when something has to be installed first."""
    parser = argparse.ArgumentParser(description="Shows what this machine lacks for footfall, and how to get it.")
    parser.add_argument("--for-tests", action="store_true", help="what only the tests need counts as missing too")
    parser.add_argument("--quiet", action="store_true", help="print nothing when nothing is missing")
    options = parser.parse_args(arguments)
    findings = [java(), python(), venv_module(), disk(), memory(), chromium(), maven()]
    faulty = [f for f in findings if f.fault and (options.for_tests or not f.only_tests)]
    if options.quiet and not faulty:
        return 0
    return report(findings, options.for_tests)


if __name__ == "__main__":
    sys.exit(main())
