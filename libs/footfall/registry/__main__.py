"""Shows a model's champion, or rolls it back to the one before: `python -m footfall.registry`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from footfall.errors import FootfallError
from footfall.models import MODELS
from footfall.registry.registry import Registry
from footfall.settings import default_conf, overrides_of, read_resolved, resolve
from footfall.settings.placeholders import filled_in


def main(arguments: list[str] | None = None) -> int:
    """Shows a model's champion, or rolls it back to the one before."""
    parser = argparse.ArgumentParser(
        prog="python -m footfall.registry",
        description=main.__doc__,
        epilog="models:\n" + "\n".join(f"  {model.name:<18} {model.about}" for model in MODELS.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=("rollback", "champion"))
    parser.add_argument("model", choices=tuple(MODELS), help="one of the models below")
    parser.add_argument("--conf", type=Path, default=default_conf(), help="folder with base.yaml (default: conf)")
    parser.add_argument("--env", default="local", help="name of a folder below conf/env (default: local)")
    parser.add_argument("--settings", type=Path, help="one resolved settings file instead of --env")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="such as mlflow.tracking_uri=..."
    )
    options = parser.parse_args(arguments)
    try:
        settings = (
            read_resolved(options.settings)
            if options.settings
            else resolve(options.conf, options.env, overrides_of(None, None, options.set))
        )
        registry = Registry.open(filled_in(settings, "mlflow").mlflow)
        if options.action == "rollback":
            registry.rollback(options.model)
        champion = registry.champion_version(options.model)
    except FootfallError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    print(f"{options.model}: champion is version {champion or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
