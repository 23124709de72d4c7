"""The encoder itself, fine-tuned on labelled texts."""
