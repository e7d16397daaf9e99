"""The bot `courier`: a ministry's own, which tells rooms what happens to the documents and files that they follow."""
