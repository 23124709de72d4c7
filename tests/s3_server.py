"""A server of S3's protocol (moto) in a process of its own on loopback, which ends with the tests."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from infra.daemons import LOOPBACK, end_with_parent, free_ports

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "of the test",
    "AWS_SECRET_ACCESS_KEY": "also of the test",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def s3_server() -> Iterator[str]:
    """Its endpoint, `http://host:port`; it takes any keys and holds nothing at first."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, preexec_fn=end_with_parent, **quiet) as server:
        while not _answers(port):
            assert server.poll() is None
            time.sleep(0.2)
        yield f"http://{LOOPBACK}:{port}"
        server.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0
