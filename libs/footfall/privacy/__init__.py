"""Pseudonyms and what keeps them apart from people; functions of keys, text and frames."""
