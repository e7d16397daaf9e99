"""The tour: what Parvis is for, seen to happen, with real clients on real input."""
