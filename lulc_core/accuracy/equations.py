"""The equations of the estimators, as LaTeX and as MathML, which a page shows without scripts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """One equation with its source."""

    latex: str
    """As LaTeX writes it."""
    mathml: str
    """As a browser shows it."""
    source: str
    """Where it is from."""


EQUATIONS = {
    "proportions": Equation(
        latex=(r"\hat{p}_{ij} = \frac{1}{N} \sum_h \frac{N_h}{n_h} n_{hij}"),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <msub> <mover accent="true"> '
            '<mi>p</mi> <mo stretchy="false">ˆ</mo> </mover> <mrow> <mi>i</mi> <mi>j</mi> </mrow> </msub> '
            '<mo>=</mo> <mfrac> <mn>1</mn> <mi>N</mi> </mfrac> <munder> <mo movablelimits="true">∑</mo> '
            "<mi>h</mi> </munder> <mfrac> <msub> <mi>N</mi> <mi>h</mi> </msub> <msub> <mi>n</mi> <mi>h</mi> "
            "</msub> </mfrac> <msub> <mi>n</mi> <mrow> <mi>h</mi> <mi>i</mi> <mi>j</mi> </mrow> </msub> </math>"
        ),
        source="Stehman 2014, eqs. 21-23",
    ),
    "proportions by class": Equation(
        latex=(r"\hat{p}_{ij} = W_i \frac{n_{ij}}{n_{i \cdot}}"),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <msub> <mover accent="true"> '
            '<mi>p</mi> <mo stretchy="false">ˆ</mo> </mover> <mrow> <mi>i</mi> <mi>j</mi> </mrow> </msub> '
            "<mo>=</mo> <msub> <mi>W</mi> <mi>i</mi> </msub> <mfrac> <msub> <mi>n</mi> <mrow> <mi>i</mi> "
            "<mi>j</mi> </mrow> </msub> <msub> <mi>n</mi> <mrow> <mi>i</mi> <mo>⋅</mo> </mrow> </msub> </mfrac> "
            "</math>"
        ),
        source="Olofsson et al. 2014, eq. 4",
    ),
    "accuracies": Equation(
        latex=(
            r"\hat{O} = \sum_i \hat{p}_{ii}, \quad \hat{U}_i = \frac{\hat{p}_{ii}}{\hat{p}_{i \cdot}}, "
            r"\quad \hat{P}_j = \frac{\hat{p}_{jj}}{\hat{p}_{\cdot j}}"
        ),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <mover accent="true"> <mi>O</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mo>=</mo> <munder> <mo movablelimits="true">∑</mo> <mi>i</mi> '
            '</munder> <msub> <mover accent="true"> <mi>p</mi> <mo stretchy="false">ˆ</mo> </mover> <mrow> '
            '<mi>i</mi> <mi>i</mi> </mrow> </msub> <mo>,</mo> <mspace width="1em"> </mspace> <msub> '
            '<mover accent="true"> <mi>U</mi> <mo stretchy="false">ˆ</mo> </mover> <mi>i</mi> </msub> <mo>=</mo> '
            '<mfrac> <msub> <mover accent="true"> <mi>p</mi> <mo stretchy="false">ˆ</mo> </mover> <mrow> '
            '<mi>i</mi> <mi>i</mi> </mrow> </msub> <msub> <mover accent="true"> <mi>p</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mrow> <mi>i</mi> <mo>⋅</mo> </mrow> </msub> </mfrac> '
            '<mo>,</mo> <mspace width="1em"> </mspace> <msub> <mover accent="true"> <mi>P</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mi>j</mi> </msub> <mo>=</mo> <mfrac> <msub> '
            '<mover accent="true"> <mi>p</mi> <mo stretchy="false">ˆ</mo> </mover> <mrow> <mi>j</mi> <mi>j</mi> '
            '</mrow> </msub> <msub> <mover accent="true"> <mi>p</mi> <mo stretchy="false">ˆ</mo> </mover> <mrow> '
            "<mo>⋅</mo> <mi>j</mi> </mrow> </msub> </mfrac> </math>"
        ),
        source="Olofsson et al. 2014, eqs. 1-3",
    ),
    "ratio": Equation(
        latex=(
            r"\hat{R} = \frac{\hat{Y}}{\hat{X}} = \frac{\sum_h \frac{N_h}{n_h} \sum_{u \in h} "
            r"y_u}{\sum_h \frac{N_h}{n_h} \sum_{u \in h} x_u}"
        ),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <mover accent="true"> <mi>R</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mo>=</mo> <mfrac> <mover accent="true"> <mi>Y</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mover accent="true"> <mi>X</mi> <mo stretchy="false">ˆ</mo> '
            '</mover> </mfrac> <mo>=</mo> <mfrac> <mrow> <munder> <mo movablelimits="true">∑</mo> <mi>h</mi> '
            "</munder> <mfrac> <msub> <mi>N</mi> <mi>h</mi> </msub> <msub> <mi>n</mi> <mi>h</mi> </msub> "
            '</mfrac> <munder> <mo movablelimits="true">∑</mo> <mrow> <mi>u</mi> <mo>∈</mo> <mi>h</mi> </mrow> '
            "</munder> <msub> <mi>y</mi> <mi>u</mi> </msub> </mrow> <mrow> <munder> "
            '<mo movablelimits="true">∑</mo> <mi>h</mi> </munder> <mfrac> <msub> <mi>N</mi> <mi>h</mi> </msub> '
            '<msub> <mi>n</mi> <mi>h</mi> </msub> </mfrac> <munder> <mo movablelimits="true">∑</mo> <mrow> '
            "<mi>u</mi> <mo>∈</mo> <mi>h</mi> </mrow> </munder> <msub> <mi>x</mi> <mi>u</mi> </msub> </mrow> "
            "</mfrac> </math>"
        ),
        source="Stehman 2014, eq. 27",
    ),
    "ratio error": Equation(
        latex=(
            r"\hat{V}(\hat{R}) = \frac{1}{\hat{X}^2} \sum_h N_h^2 \frac{s_h^2}{n_h}, \quad s_h^2 = "
            r"\frac{1}{n_h - 1} \sum_{u \in h} (d_u - \bar{d}_h)^2, \quad d_u = y_u - \hat{R} x_u"
        ),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <mover accent="true"> <mi>V</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mo stretchy="false">(</mo> <mover accent="true"> <mi>R</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mo stretchy="false">)</mo> <mo>=</mo> <mfrac> <mn>1</mn> '
            '<msup> <mover accent="true"> <mi>X</mi> <mo stretchy="false">ˆ</mo> </mover> <mn>2</mn> </msup> '
            '</mfrac> <munder> <mo movablelimits="true">∑</mo> <mi>h</mi> </munder> <msubsup> <mi>N</mi> '
            "<mi>h</mi> <mn>2</mn> </msubsup> <mfrac> <msubsup> <mi>s</mi> <mi>h</mi> <mn>2</mn> </msubsup> "
            '<msub> <mi>n</mi> <mi>h</mi> </msub> </mfrac> <mo>,</mo> <mspace width="1em"> </mspace> <msubsup> '
            "<mi>s</mi> <mi>h</mi> <mn>2</mn> </msubsup> <mo>=</mo> <mfrac> <mn>1</mn> <mrow> <msub> <mi>n</mi> "
            '<mi>h</mi> </msub> <mo>−</mo> <mn>1</mn> </mrow> </mfrac> <munder> <mo movablelimits="true">∑</mo> '
            '<mrow> <mi>u</mi> <mo>∈</mo> <mi>h</mi> </mrow> </munder> <mo stretchy="false">(</mo> <msub> '
            '<mi>d</mi> <mi>u</mi> </msub> <mo>−</mo> <msub> <mover accent="true"> <mi>d</mi> '
            '<mo stretchy="false">ˉ</mo> </mover> <mi>h</mi> </msub> <msup> <mo stretchy="false">)</mo> '
            '<mn>2</mn> </msup> <mo>,</mo> <mspace width="1em"> </mspace> <msub> <mi>d</mi> <mi>u</mi> </msub> '
            '<mo>=</mo> <msub> <mi>y</mi> <mi>u</mi> </msub> <mo>−</mo> <mover accent="true"> <mi>R</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <msub> <mi>x</mi> <mi>u</mi> </msub> </math>'
        ),
        source="Stehman 2014, eq. 28",
    ),
    "ratio error fpc": Equation(
        latex=(
            r"\hat{V}(\hat{R}) = \frac{1}{\hat{X}^2} \sum_h N_h^2 \left( 1 - \frac{n_h}{N_h} \right) "
            r"\frac{s_h^2}{n_h}, \quad s_h^2 = \frac{1}{n_h - 1} \sum_{u \in h} (d_u - \bar{d}_h)^2, "
            r"\quad d_u = y_u - \hat{R} x_u"
        ),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <mover accent="true"> <mi>V</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mo stretchy="false">(</mo> <mover accent="true"> <mi>R</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mo stretchy="false">)</mo> <mo>=</mo> <mfrac> <mn>1</mn> '
            '<msup> <mover accent="true"> <mi>X</mi> <mo stretchy="false">ˆ</mo> </mover> <mn>2</mn> </msup> '
            '</mfrac> <munder> <mo movablelimits="true">∑</mo> <mi>h</mi> </munder> <msubsup> <mi>N</mi> '
            "<mi>h</mi> <mn>2</mn> </msubsup> <mrow> <mo>(</mo> <mn>1</mn> <mo>−</mo> <mfrac> <msub> <mi>n</mi> "
            "<mi>h</mi> </msub> <msub> <mi>N</mi> <mi>h</mi> </msub> </mfrac> <mo>)</mo> </mrow> <mfrac> "
            "<msubsup> <mi>s</mi> <mi>h</mi> <mn>2</mn> </msubsup> <msub> <mi>n</mi> <mi>h</mi> </msub> </mfrac> "
            '<mo>,</mo> <mspace width="1em"> </mspace> <msubsup> <mi>s</mi> <mi>h</mi> <mn>2</mn> </msubsup> '
            "<mo>=</mo> <mfrac> <mn>1</mn> <mrow> <msub> <mi>n</mi> <mi>h</mi> </msub> <mo>−</mo> <mn>1</mn> "
            '</mrow> </mfrac> <munder> <mo movablelimits="true">∑</mo> <mrow> <mi>u</mi> <mo>∈</mo> <mi>h</mi> '
            '</mrow> </munder> <mo stretchy="false">(</mo> <msub> <mi>d</mi> <mi>u</mi> </msub> <mo>−</mo> '
            '<msub> <mover accent="true"> <mi>d</mi> <mo stretchy="false">ˉ</mo> </mover> <mi>h</mi> </msub> '
            '<msup> <mo stretchy="false">)</mo> <mn>2</mn> </msup> <mo>,</mo> <mspace width="1em"> </mspace> '
            "<msub> <mi>d</mi> <mi>u</mi> </msub> <mo>=</mo> <msub> <mi>y</mi> <mi>u</mi> </msub> <mo>−</mo> "
            '<mover accent="true"> <mi>R</mi> <mo stretchy="false">ˆ</mo> </mover> <msub> <mi>x</mi> <mi>u</mi> '
            "</msub> </math>"
        ),
        source="Stehman 2014, eq. 28",
    ),
    "ratio weighted": Equation(
        latex=r"\hat{R} = \frac{\hat{Y}}{\hat{X}} = \frac{\sum_u y_u / \pi_u}{\sum_u x_u / \pi_u}",
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <mover accent="true"> <mi>R</mi> <mo '
            'stretchy="false">ˆ</mo> </mover> <mo>=</mo> <mfrac> <mover accent="true"> <mi>Y</mi> <mo '
            'stretchy="false">ˆ</mo> </mover> <mover accent="true"> <mi>X</mi> <mo stretchy="false">ˆ</mo> </mover> '
            '</mfrac> <mo>=</mo> <mfrac> <mrow> <munder> <mo movablelimits="true">∑</mo> <mi>u</mi> </munder> <mfrac>'
            " <msub> <mi>y</mi> <mi>u</mi> </msub> <msub> <mi>π</mi> <mi>u</mi> </msub> </mfrac> </mrow> <mrow> "
            '<munder> <mo movablelimits="true">∑</mo> <mi>u</mi> </munder> <mfrac> <msub> <mi>x</mi> <mi>u</mi> '
            "</msub> <msub> <mi>π</mi> <mi>u</mi> </msub> </mfrac> </mrow> </mfrac> </math>"
        ),
        source="Särndal et al. 1992, eq. 5.6.2",
    ),
    "ratio error weighted": Equation(
        latex=(
            r"\hat{V}(\hat{R}) = \frac{1}{\hat{X}^2} \sum_h \frac{n_h}{n_h - 1} \sum_{u \in h} (z_u - \bar{z}_h)^2, "
            r"\quad z_u = \frac{y_u - \hat{R} x_u}{\pi_u}"
        ),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <mover accent="true"> <mi>V</mi> <mo '
            'stretchy="false">ˆ</mo> </mover> <mo stretchy="false">(</mo> <mover accent="true"> <mi>R</mi> <mo '
            'stretchy="false">ˆ</mo> </mover> <mo stretchy="false">)</mo> <mo>=</mo> <mfrac> <mn>1</mn> <msup> <mover'
            ' accent="true"> <mi>X</mi> <mo stretchy="false">ˆ</mo> </mover> <mn>2</mn> </msup> </mfrac> <munder> <mo'
            ' movablelimits="true">∑</mo> <mi>h</mi> </munder> <mfrac> <msub> <mi>n</mi> <mi>h</mi> </msub> <mrow> '
            "<msub> <mi>n</mi> <mi>h</mi> </msub> <mo>−</mo> <mn>1</mn> </mrow> </mfrac> <munder> <mo "
            'movablelimits="true">∑</mo> <mrow> <mi>u</mi> <mo>∈</mo> <mi>h</mi> </mrow> </munder> <mo '
            'stretchy="false">(</mo> <msub> <mi>z</mi> <mi>u</mi> </msub> <mo>−</mo> <msub> <mover accent="true"> '
            '<mi>z</mi> <mo stretchy="false">ˉ</mo> </mover> <mi>h</mi> </msub> <msup> <mo stretchy="false">)</mo> '
            '<mn>2</mn> </msup> <mo>,</mo> <mspace width="1em"> </mspace> <msub> <mi>z</mi> <mi>u</mi> </msub> '
            '<mo>=</mo> <mfrac> <mrow> <msub> <mi>y</mi> <mi>u</mi> </msub> <mo>−</mo> <mover accent="true"> '
            '<mi>R</mi> <mo stretchy="false">ˆ</mo> </mover> <msub> <mi>x</mi> <mi>u</mi> </msub> </mrow> <msub> '
            "<mi>π</mi> <mi>u</mi> </msub> </mfrac> </math>"
        ),
        source="Hansen & Hurwitz 1943; Särndal et al. 1992, sect. 4.5",
    ),
    "areas": Equation(
        latex=(r"\hat{A}_j = A \sum_i \hat{p}_{ij}, \quad S(\hat{A}_j) = A \, S(\hat{p}_{\cdot j})"),
        mathml=(
            '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"> <msub> <mover accent="true"> '
            '<mi>A</mi> <mo stretchy="false">ˆ</mo> </mover> <mi>j</mi> </msub> <mo>=</mo> <mi>A</mi> <munder> '
            '<mo movablelimits="true">∑</mo> <mi>i</mi> </munder> <msub> <mover accent="true"> <mi>p</mi> '
            '<mo stretchy="false">ˆ</mo> </mover> <mrow> <mi>i</mi> <mi>j</mi> </mrow> </msub> <mo>,</mo> '
            '<mspace width="1em"> </mspace> <mi>S</mi> <mo stretchy="false">(</mo> <msub> <mover accent="true"> '
            '<mi>A</mi> <mo stretchy="false">ˆ</mo> </mover> <mi>j</mi> </msub> <mo stretchy="false">)</mo> '
            '<mo>=</mo> <mi>A</mi> <mspace width="0.1667em"> </mspace> <mi>S</mi> <mo stretchy="false">(</mo> '
            '<msub> <mover accent="true"> <mi>p</mi> <mo stretchy="false">ˆ</mo> </mover> <mrow> <mo>⋅</mo> '
            '<mi>j</mi> </mrow> </msub> <mo stretchy="false">)</mo> </math>'
        ),
        source="Olofsson et al. 2014, eqs. 9-11",
    ),
}
"""By name."""
