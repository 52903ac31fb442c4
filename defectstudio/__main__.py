"""`python -m defectstudio`: the command line."""

from defectstudio.cli.main import run

if __name__ == "__main__":
    run()
