"""Segments: groups of people who behave alike."""
