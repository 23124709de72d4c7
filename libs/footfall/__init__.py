"""footfall: raw shop logs to known customers and decided actions. Touches nothing by itself."""

__version__ = "0.1.0"
