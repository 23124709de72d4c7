"""What a mapping would do, shown before anything is written."""
