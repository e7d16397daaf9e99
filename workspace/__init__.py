"""The workspace: documents, files and search, with their rights, as a Django project."""
