"""What agents read: one folder a kind of card, plain text and HTML, in French and English."""
