"""The example shop is a folder of scripts: its modules are imported from their folder."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples/shop"))
