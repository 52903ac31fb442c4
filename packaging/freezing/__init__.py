"""The application in one folder, with all that it needs: what goes in, and what is made of it."""
