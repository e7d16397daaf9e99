"""The bot `find`: an agent asks for words, and is shown what they, or everyone in the room, may read."""
