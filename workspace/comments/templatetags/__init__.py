"""What the template of a document needs of its comments."""
