"""Fine-tuning of the encoder on labelled texts: torch and transformers, no Spark but in `distributed`."""
