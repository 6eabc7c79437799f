"""Named lists of passes; nothing else. What each pass does stands with the pass."""
