"""Rows as they arrive: what raw adds to them, and what a mapping would make of a sample. Functions of frames."""
