"""The global search: indexing of titles and contents, and what a person, or an audience, may find."""
