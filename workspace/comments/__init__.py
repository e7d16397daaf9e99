"""Threads of comments on documents and on their passages, from people here and from rooms."""
