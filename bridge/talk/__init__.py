"""Talk and comments are one: a discussion of a document is a thread of the rooms that are bound to it, both ways."""
