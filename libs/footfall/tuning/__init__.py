"""Fine-tuning of the encoder on labelled texts: torch and transformers; only `distributed` uses Spark."""
