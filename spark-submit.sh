#!/usr/bin/env bash
# Runs one job of footfall on any Spark master. This file explains itself and checks the machine; infra/submit does the rest.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./spark-submit.sh jobs/<name>.py --env <name> --lake <uri> [options of the job] [options of Spark]

Runs one stage of footfall, or with jobs/pipeline.py all of them, on any Spark master. What it sends along:
  the library   libs/footfall and jobs/ as one zip (--py-files)
  the jars      .cache/jars/*.jar, Delta Lake's; for addresses of S3 (s3a://) .cache/s3/*.jar, from `make s3` (--jars)
  the settings  conf/base.yaml, conf/env/<env>/settings.yaml and your --set options, checked first, as one file
  the Python    .venv's, or with --python-archive FILE one that is shipped to the nodes
Spark starts with the settings in conf/env/<env>/spark.conf.

Where an option goes:
  to the job     every option that `./spark-submit.sh jobs/<name>.py --help` lists
  to this script --python-archive FILE, --secret-conf FILE
  to Spark       every other option, with the next word as its value unless that begins with --
Your options win over spark.conf; your --jars, --py-files, --files and --archives are added to those above.
Relative paths start at the folder of this script.

Environments: local, standalone, yarn (run for real); k8s, databricks, emr (prepared: see infra/<name>/README.md).

Examples
  ./spark-submit.sh jobs/pipeline.py --env local --lake build/lake --as-of 2018-01-01
  ./spark-submit.sh jobs/refine.py --help
  ./spark-submit.sh jobs/refine.py --env local --lake build/lake --set churn.horizon_days=30 --driver-memory 8g
  ./spark-submit.sh jobs/pipeline.py --env standalone --master spark://host:7077 \
      --lake hdfs://namenode:8020/lake --raw hdfs://namenode:8020/raw --as-of 2018-01-01 --executor-memory 8g
  ./spark-submit.sh jobs/featurize.py --env yarn --lake hdfs:///lake --as-of 2018-01-01 --num-executors 8
  make archive      # once: build/python.tar.gz, for nodes without footfall's Python packages
  ./spark-submit.sh jobs/featurize.py --env yarn --deploy-mode cluster --python-archive build/python.tar.gz \
      --lake hdfs:///lake --as-of 2018-01-01

Secrets
  The pseudonym secret comes from the environment variable FOOTFALL_PSEUDONYM_SECRET (setting privacy.secret_env). On YARN it
  reaches a driver on a node too. Spark's own secrets, such as keys of S3, come from a file that only you may read:
  --secret-conf FILE, with lines like those of spark.conf. A secret among the options is refused: every user can see them.

Output: a line for each step, and errors that say what to fix. Spark's own log is a file in build/logs; its path is
printed.

Exit codes
  0   done
  2   fix your input: an option, a setting, a file, or this machine (the message says how)
  3   a model missed its gate (only with --strict; without it that is a warning)
  75  try again: another process holds the batch, or a server is away
  1   anything else: the message ends with the path of the log
TEXT
}

fail() { # what is wrong, how to fix it
  printf '%s\n%s\n' "$1" "$2" >&2
  exit 2
}

java_versions="17 21" # those that the tests ran on

check_java() {
  local java=java output version
  if [[ -n ${JAVA_HOME:-} ]]; then java=$JAVA_HOME/bin/java; fi
  if ! command -v "$java" >/dev/null; then
    fail "Java ${java_versions// / or } is needed, and there is no $java${JAVA_HOME:+ (JAVA_HOME=$JAVA_HOME)}." \
      "Fix: Install a JDK or JRE (Debian 12: openjdk-17-jre-headless, Debian 13: openjdk-21-jre-headless), or set JAVA_HOME to the folder of one."
  fi
  output=$("$java" -version 2>&1) || true
  version=$(sed -n 's/.* version "\([0-9]*\).*/\1/p' <<<"$output" | head -n 1)
  if [[ " $java_versions " != *" ${version:-unknown} "* ]]; then
    fail "Java ${java_versions// / or } is needed, and $(command -v "$java") is version ${version:-unknown}." \
      "Fix: Install a JDK or JRE of such a version and set JAVA_HOME to its folder."
  fi
}

cd "$(dirname "${BASH_SOURCE[0]}")"
python=$PWD/.venv/bin/python

case ${1:-} in
  "") usage >&2 && exit 2 ;;
  -h | --help) usage && exit 0 ;;
  -*) fail "the first word must be a job, not $1." "Fix: Write ./spark-submit.sh jobs/refine.py $1 ... (or --help)." ;;
esac
job=$1
shift

[[ -f $job ]] || fail "there is no job $job." "Fix: Take one of: $(find jobs -maxdepth 1 -name '[a-z]*.py' | sort | tr '\n' ' ')"
[[ -x $python ]] || fail "footfall's Python is not set up: no $python." "Fix: Run \`make setup\`."

for word in "$@"; do
  if [[ $word == -h || $word == --help ]]; then
    PYTHONPATH=$PWD/libs:$PWD exec "$python" "$job" --help
  fi
done

check_java
compgen -G '.cache/jars/*.jar' >/dev/null || fail "Delta Lake's jars are not in $PWD/.cache/jars." "Fix: Run \`make setup\`."
PYTHONPATH=$PWD/libs:$PWD exec "$python" -m infra.submit "$job" "$@"
