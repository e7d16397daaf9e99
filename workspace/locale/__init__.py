"""The words of the pages in French and English, and how English writes dates here."""
