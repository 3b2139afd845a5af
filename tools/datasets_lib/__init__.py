"""What tools/datasets is made of: package.py fetches, expedia.py cuts, folder.py writes, sets.py
lists. Python 3.11, standard library only."""
