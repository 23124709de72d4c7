"""What keeps tables, batches and keys: the lake, the books, owners of batches, the vault, raw files."""
