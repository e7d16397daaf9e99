"""Folders and files: contents in any S3, transferred straight between the browser and the store."""
