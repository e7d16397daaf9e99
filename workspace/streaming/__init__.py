"""The events as a stream, for people and service accounts who may read what they are about."""
