"""Bots on matrix-nio: what an agent asks for in words."""
