"""How the console writes dates and times: as they sort."""
