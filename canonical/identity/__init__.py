"""Who is who: storing what systems say, linking, merging, undoing, splitting, deciding."""
