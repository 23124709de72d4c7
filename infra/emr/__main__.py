"""`python -m infra.emr cluster | maintain | application | jobs`: prints requests for Amazon EMR as JSON; sends nothing."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from infra.daemons import ROOT
from infra.emr.requests import Shipped, application_request, cluster_request, job_requests, spark_settings
from jobs.pipeline import STAGES


def main(arguments: list[str] | None = None) -> int:
    """Prints one request, or for `jobs` a list of them."""
    parser = argparse.ArgumentParser(prog="python -m infra.emr", description=__doc__)
    parser.add_argument("what", choices=("cluster", "maintain", "application", "jobs"))
    parser.add_argument("--folder", required=True, help="folder on S3 with what README.md puts there")
    parser.add_argument("--release", required=True, help="an EMR release with Spark 4.2")
    parser.add_argument("--secret-arn", required=True, help="ARN of the secret in Secrets Manager")
    parser.add_argument("--as-of", required=True, metavar="DATE", help="score as of the start of this day of the shop")
    parser.add_argument("--run-id", required=True, help="the scheduler's id of this run; a retry takes the same")
    parser.add_argument("--application", default="", help="id of the Serverless application (for jobs)")
    parser.add_argument("--role", default="", help="ARN of the role that Serverless jobs run with (for jobs)")
    options = parser.parse_args(arguments)
    print(json.dumps(_request(options), indent=1))
    return 0


def _request(options: argparse.Namespace) -> Any:
    shipped = Shipped(options.folder, options.release, options.secret_arn)
    settings = spark_settings(ROOT / "conf" / "env" / "emr" / "spark.conf")
    run = {"as_of": options.as_of, "run_id": options.run_id}
    if options.what == "cluster":
        return cluster_request(shipped, settings, STAGES, **run)
    if options.what == "maintain":  # once a week, after the stages
        return cluster_request(shipped, settings, ("maintain",), **run)
    if options.what == "application":
        return application_request(shipped)
    return job_requests(shipped, settings, STAGES, application=options.application, role=options.role, **run)


if __name__ == "__main__":
    sys.exit(main())
