#!/usr/bin/env bash
# Runs one job of footfall on any Spark master. This file explains itself and checks the machine; infra/submit does the rest.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./spark-submit.sh jobs/<name>.py --env <name> --lake <uri> [options of the job] [options of Spark]

Runs one stage of footfall (or all of them: jobs/pipeline.py) on any Spark master. It takes along
  the library   libs/footfall and jobs/ as one zip (--py-files)
  the jars      .cache/jars/*.jar, Delta Lake's (--jars)
  the settings  conf/base.yaml, conf/env/<env>/settings.yaml and your --set options, checked now, as one file
  the Python    .venv's, or with --python-archive FILE one that is shipped to the nodes (see below)
and starts Spark with conf/env/<env>/spark.conf.

Which option goes where: what `./spark-submit.sh jobs/<name>.py --help` lists goes to the job. --python-archive
belongs to this script. Every other option goes to Spark's own spark-submit, together with the word behind it
(unless that begins with --). What you say wins over spark.conf; --jars, --py-files, --files and --archives add.
Relative paths are below the folder of this script.

Environments: local, standalone, yarn (tried out); k8s, databricks, emr (only prepared: see infra/<name>/README.md).

Examples
  ./spark-submit.sh jobs/pipeline.py --env local --lake build/lake --as-of 2018-01-01
  ./spark-submit.sh jobs/refine.py --help
  ./spark-submit.sh jobs/refine.py --env local --lake build/lake --set churn.horizon_days=30 --driver-memory 8g
  ./spark-submit.sh jobs/pipeline.py --env standalone --master spark://host:7077 \
      --lake hdfs://namenode:8020/lake --raw hdfs://namenode:8020/raw --as-of 2018-01-01 --executor-memory 8g
  ./spark-submit.sh jobs/featurize.py --env yarn --lake hdfs:///lake --as-of 2018-01-01 --num-executors 8
  .venv/bin/venv-pack -p .venv -o build/python.tar.gz      # once, for nodes without footfall's Python
  ./spark-submit.sh jobs/featurize.py --env yarn --deploy-mode cluster --python-archive build/python.tar.gz \
      --lake hdfs:///lake --as-of 2018-01-01

What you see: a line for each step, and messages that say what to fix. Spark's own log goes to a file in build/logs,
whose path is printed. The secret is taken from the environment variable FOOTFALL_PSEUDONYM_SECRET.

Exit codes
  0   done
  2   fix your input: an option, a setting, a file, or this machine (the message says how)
  3   with --strict: a model missed its gate; the old champion stays, everything else ran
  75  try again: someone else holds the batch, or a server is away
  1   anything else: the message ends with the path of the log
TEXT
}

fail() { # what is wrong, how to fix it
  printf '%s\n%s\n' "$1" "$2" >&2
  exit 2
}

check_java() {
  local java=java told version
  if [[ -n ${JAVA_HOME:-} ]]; then java=$JAVA_HOME/bin/java; fi
  if ! command -v "$java" >/dev/null; then
    fail "Java 17 is needed, and there is no $java${JAVA_HOME:+ (JAVA_HOME=$JAVA_HOME)}." \
      "Install a JDK or JRE 17 (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME to one."
  fi
  told=$("$java" -version 2>&1) || true
  version=$(sed -n 's/.* version "\([0-9]*\).*/\1/p' <<<"$told" | head -n 1)
  if [[ $version != 17 ]]; then
    fail "Java 17 is needed, and $(command -v "$java") is version ${version:-unknown}." \
      "Install a JDK or JRE 17 and set JAVA_HOME to its folder."
  fi
}

cd "$(dirname "${BASH_SOURCE[0]}")"
python=$PWD/.venv/bin/python

case ${1:-} in
  "") usage >&2 && exit 2 ;;
  -h | --help) usage && exit 0 ;;
  -*) fail "the first word must be a job, not $1." "For instance: ./spark-submit.sh jobs/refine.py $1 ... (or --help)" ;;
esac
job=$1
shift

[[ -f $job ]] || fail "there is no job $job." "There are: $(find jobs -maxdepth 1 -name '[a-z]*.py' | sort | tr '\n' ' ')"
[[ -x $python ]] || fail "footfall's Python is not set up: no $python." "Run \`make setup\`."

for word in "$@"; do
  if [[ $word == -h || $word == --help ]]; then
    PYTHONPATH=$PWD/libs:$PWD exec "$python" "$job" --help
  fi
done

check_java
compgen -G '.cache/jars/*.jar' >/dev/null || fail "Delta Lake's jars are not in $PWD/.cache/jars." "Run \`make setup\`."
PYTHONPATH=$PWD/libs:$PWD exec "$python" -m infra.submit "$job" "$@"
