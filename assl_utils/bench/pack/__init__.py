"""One folder and one command for a machine with a GPU that is lent for ten minutes.

``build`` makes the folder here (`make gpu-pack`); ``start`` is its script there: it joins the pieces and sees what is
installed; ``run`` shares out the minutes; ``child`` does the parts, ``part_of_study`` the last of them; ``journal``
keeps what was found, line by line, and makes the record of it; ``plan`` says how long each part may take.
"""
