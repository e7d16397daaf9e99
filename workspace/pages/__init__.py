"""What every page shares: the frame, languages, the security headers, the home page and the error pages.

The pages of an application are in its own `pages.py`; `workspace.pages.urls` collects them.
"""
