"""`python -m footfall.settings`: writes the one resolved settings file that travels with a job."""

import sys

from footfall.settings import main

sys.exit(main())
