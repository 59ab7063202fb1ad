"""The five documents as linked pages for a browser: what ``autograd site`` writes.

`writing` makes them, `markup` holds the pieces of HTML that they are made of, `site.css` how they look.
"""

from .writing import Page, pages

__all__ = ["Page", "pages"]
