"""The Matrix rooms that the workspace knows: who is in them, and what they are bound to."""
