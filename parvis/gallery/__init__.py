"""The gallery: everything that the bridge and the bots can say, with sample values, for people to look at."""
