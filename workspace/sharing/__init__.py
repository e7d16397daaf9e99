"""Items, who may do what with them, and the one question about it. Everything else in the workspace stands on this."""
