"""The models, one file each, all of one shape (shape.py): fitted with MLlib, used as plain Python objects."""
