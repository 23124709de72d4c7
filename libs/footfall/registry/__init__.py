"""What deals with MLflow: models and their runs, where the server is, how a model's files are fetched."""
