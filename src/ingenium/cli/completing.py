"""Completion of problems in bash, zsh and fish: `ingenium --install-completion`.

Options and commands are completed by Typer. Where nothing is known of a word, such as a folder,
shells complete files.
"""


def problems(incomplete: str) -> list[str]:
    """Return the problems that begin with what was typed."""
    from ingenium.domains import listing

    names = [name for domain in listing() for name, _ in domain.problems]
    return [name for name in names if name.startswith(incomplete)]
