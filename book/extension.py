"""What the book adds to Sphinx: formulas as MathML, titles as they are written, docstrings as facelab writes them."""

from __future__ import annotations

import re

from docutils import nodes
from latex2mathml.converter import convert
from pybtex.plugin import register_plugin
from pybtex.style.formatting.alpha import Style
from pybtex.style.template import field, sentence

FIELD = re.compile(r"(Parameters|Returns|Yields|Raises|Source): ?")
CODE = re.compile(r"(`[^`]+`)")
# A function's name with something after it in the same row: log p, not logp.
FUNCTION = re.compile(r"(?<!<msub>)(?<!<msup>)(?<!<munder>)(<mi>(?:cos|exp|ln|log|sin|tanh)</mi>)(?=<m(?!o))")
EMPHASIS = re.compile(r"(?<![\w*])\*(?=\w)([^*\n]*\w)\*(?![\w*])")


def setup(app) -> dict:
    app.add_html_math_renderer("mathml", (inline_formula, None), (block_formula, None))
    app.connect("autodoc-process-docstring", docstring)
    register_plugin("pybtex.style.formatting", "course", TitlesAsWritten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# ---- formulas --------------------------------------------------------------------------------------------------
# Browsers draw MathML themselves, and screen readers read it: no script. The font comes with the book.


def formula(latex: str, display: str = "inline") -> str:
    """A formula in LaTeX's notation as MathML."""
    return FUNCTION.sub(r'\1<mspace width="0.17em" />', convert(latex, display=display))


def inline_formula(writer, node: nodes.math) -> None:
    writer.body.append(formula(node.astext()))
    raise nodes.SkipNode


def block_formula(writer, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="formula">{formula(node.astext(), "block")}</div>')
    raise nodes.SkipNode


# ---- bibliography ----------------------------------------------------------------------------------------------


class TitlesAsWritten(Style):
    """Entries sorted by author, with labels such as [TP91], whose titles keep their capitals: AdaBoost, IFRT."""

    def format_title(self, entry, which_field: str, as_sentence: bool = True):
        return sentence[field(which_field)] if as_sentence else field(which_field)


# ---- docstrings ------------------------------------------------------------------------------------------------


def docstring(app, what: str, name: str, obj: object, options, lines: list[str]) -> None:
    """Turn a docstring of facelab into reStructuredText, in place."""
    lines[:] = as_restructured_text(lines)


def as_restructured_text(lines: list[str]) -> list[str]:
    """facelab's docstrings as reStructuredText.

    They are plain text with `code`, *stress*, lists with dashes, formulas on indented lines, and paragraphs that begin
    with "Parameters:", "Returns:" and the like, which become fields.
    """
    made: list[str] = []
    kind = "blank"  # of the line before: blank, text, item, field or code
    for line in lines:
        stripped = line.strip()
        if not stripped:
            kind = kind if kind == "code" else "blank"
            made.append("")
        elif line.startswith("    ") and kind in ("blank", "code"):
            made += ["::", ""] if kind == "blank" else []
            made.append(line)
            kind = "code"
        elif line.startswith("- "):
            made += [""] if kind not in ("blank", "item") else []
            made.append(inline(line))
            kind = "item"
        elif field := FIELD.match(line):
            made += [""] if kind not in ("blank", "field") else []
            made.append(f":{field[1]}: {inline(line[field.end() :])}")
            kind = "field"
        elif kind == "field":
            made.append("    " + inline(stripped))
        elif kind == "item":
            made.append("  " + inline(stripped))
        else:
            made.append(inline(stripped))
            kind = "text"
    return [*made, ""]


def inline(text: str) -> str:
    """One line: `code` stays code, *stress* stays stress, and nothing else is taken for markup."""
    parts = CODE.split(text)
    return "".join(f"`{part}`" if part.startswith("`") else _plain(part) for part in parts)


def _plain(text: str) -> str:
    text = EMPHASIS.sub("\0\\1\0", text.replace("\\", "\\\\"))
    text = re.sub(r"([*|`]|_(?!\w))", r"\\\1", text)
    return text.replace("\0", "*")
