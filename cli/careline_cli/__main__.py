"""``python -m careline_cli``: ``careline`` for processes that careline starts itself."""

from careline_cli.main import main

if __name__ == "__main__":
    main(prog_name="careline")
