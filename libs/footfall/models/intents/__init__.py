"""Intents: what the writer of a message to the shop wants."""
