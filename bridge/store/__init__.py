"""What the middle of the bridge keeps: where it is in the stream, rooms, bindings, deliveries.

No title, text or linking address is in it: what is to be said of an item is asked for when it is said.
"""
