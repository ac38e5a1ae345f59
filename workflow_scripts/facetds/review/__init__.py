"""The page on which people review seeds: its server, their journals, and what is published."""
