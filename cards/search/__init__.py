"""The answer to a search, as agents read it in a room or in a direct chat."""
