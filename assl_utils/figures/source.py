"""A function's own source, shown in a chapter: what is printed is what runs."""

import inspect


def show_source(*functions):
    """The source of functions as one block of Python, in the order given.

    Returns
    -------
    IPython.display.Markdown
        A fenced block, so that the page colours it as its other code; a cell that ends with it shows it.
    """
    from IPython.display import Markdown

    source = "\n\n\n".join(inspect.getsource(function).rstrip() for function in functions)
    return Markdown(f"```python\n{source}\n```")
