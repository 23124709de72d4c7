"""Raw rows to typed facts: mappings applied, identifiers replaced, every row accounted for. Functions of frames."""
