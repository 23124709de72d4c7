"""Shows a model's champion, or rolls it back: `python -m footfall.registry`."""

import sys

from footfall.registry.registry import main

sys.exit(main())
