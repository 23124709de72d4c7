"""Topics: groups of texts of like meaning, and those that people speak of more than before."""
