"""One golden record: its page with a tab for each question, and what is done to it."""
