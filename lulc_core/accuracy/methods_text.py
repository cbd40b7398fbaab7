"""The methods of an assessment in sentences, with the equations and sources of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_core.accuracy.documents import Bullets, Formula, Heading, Part, Text
from lulc_core.accuracy.equations import EQUATIONS
from lulc_core.accuracy.intervals import INTERVALS

if TYPE_CHECKING:
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.report import Assessment

_OLOFSSON = (
    "Olofsson, P., Foody, G. M., Herold, M., Stehman, S. V., Woodcock, C. E., & Wulder, M. A. (2014). Good practices "
    "for estimating area and assessing accuracy of land change. Remote Sensing of Environment 148, 42–57. "
    "https://doi.org/10.1016/j.rse.2014.02.015"
)
_STEHMAN = (
    "Stehman, S. V. (2014). Estimating area and map accuracy for stratified random sampling when the strata are "
    "different from the map classes. International Journal of Remote Sensing 35, 4923–4939. "
    "https://doi.org/10.1080/01431161.2014.930207"
)
_FOODY = (
    "Stehman, S. V., & Foody, G. M. (2019). Key issues in rigorous accuracy assessment of land cover products. Remote "
    "Sensing of Environment 231, 111199. https://doi.org/10.1016/j.rse.2019.05.018"
)
_WILSON = (
    "Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the "
    "American Statistical Association 22, 209–212; modified as by Brown, L. D., Cai, T. T., & DasGupta, A. (2001). "
    "Interval estimation for a binomial proportion. Statistical Science 16, 101–133."
)
_MOVER = (
    "Zou, G. Y., Huang, W., & Zhang, X. (2009). A note on confidence interval estimation for a linear function of "
    "binomial proportions. Computational Statistics & Data Analysis 53, 1080–1085."
)
_LOGIT = (
    "Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of "
    "positive counts estimated from survey data. Survey Methodology 24, 193–201."
)
_HANSEN = (
    "Hansen, M. H., & Hurwitz, W. N. (1943). On the theory of sampling from finite populations. Annals of Mathematical "
    "Statistics 14, 333–362. https://doi.org/10.1214/aoms/1177731356"
)
_SARNDAL = "Särndal, C.-E., Swensson, B., & Wretman, J. (1992). Model Assisted Survey Sampling. Springer."
_BY_INTERVAL = {"wilson": _WILSON, "mover": _MOVER, "logit": _LOGIT}
"""The source of each method of intervals, by its key."""


def describe_methods(observed: Observations, found: Assessment) -> list[Part]:
    """Return the methods: how the matrix, the figures, their errors and the areas were estimated.

    Parameters
    ----------
    observed
        The sample with its design.
    found
        What was estimated from it.
    """
    design, clusters = observed.design, observed.design.unit == "cluster"
    units = "clusters of pixels" if clusters else "pixels"
    parts: list[Part] = [Heading(text="Methods")]
    parts.append(
        Text(
            text=f"The sampling units are {units}. N_h counts those of stratum h in the population, n_h those in the "
            "sample; p_ij is the share of the area with map class i and reference class j."
        )
    )
    if design.weighted:
        parts += _weighted(clusters)
    elif observed.by_map and not clusters:
        words = "Strata are map classes with the shares W_i of the map, so the error matrix is"
        parts.append(Formula(text=words, equation=EQUATIONS["proportions by class"]))
    elif not clusters:
        words = "Strata need not be map classes; n_hij counts sampled pixels of stratum h. The error matrix is"
        parts.append(Formula(text=words, equation=EQUATIONS["proportions"]))
    parts.append(Formula(text="Overall, user's and producer's accuracy are", equation=EQUATIONS["accuracies"]))
    words = "Each is a ratio of two totals, where y and x are sums over the pixels of a unit that count in each:"
    parts.append(Formula(text=words, equation=EQUATIONS["ratio weighted" if design.weighted else "ratio"]))
    error = "ratio error fpc" if design.fpc else "ratio error weighted" if design.weighted else "ratio error"
    words = "with the finite-population correction" if design.fpc else "without a finite-population correction"
    parts.append(Formula(text=f"Its variance, {words}, is", equation=EQUATIONS[error]))
    parts.append(Formula(text="Areas, of a whole of area A, are", equation=EQUATIONS["areas"]))
    if found.interval_titles:
        parts.append(Text(text=f"Intervals have a level of 95 %. Methods: {', '.join(found.interval_titles)}."))
    if design.kind != "sample":
        parts.append(
            Text(
                text="No probability design was stated: accuracies are indicative, and areas have no errors.",
                is_open=True,
            )
        )
    return parts


def _weighted(clusters: bool) -> list[Part]:
    """Say how a sample with unequal inclusion probabilities is weighted."""
    what = "clusters" if clusters else "pixels"
    return [
        Text(
            text=f"Each unit u has its own inclusion probability pi_u, and stands for 1 / pi_u {what}; N_h is the sum "
            "of these. Units are taken as drawn with replacement, which overstates errors a little. p_ij is the ratio "
            "below with y = 1 for pixels of the cell and x = 1 for all."
        )
    ]


def list_sources(observed: Observations, found: Assessment) -> list[Part]:
    """Return the sources of the methods that were used."""
    sources = [_OLOFSSON, _STEHMAN, _FOODY]
    if observed.design.weighted:
        sources += [_HANSEN, _SARNDAL]
    if observed.design.unit == "cluster":
        sources.append("Cochran, W. G. (1977). Sampling Techniques, 3rd ed., sect. 11.8. Wiley.")
    used = {INTERVALS[name].title: source for name, source in _BY_INTERVAL.items()}
    sources += [used[title] for title in found.interval_titles if title in used]
    return [Heading(text="Sources"), Bullets(texts=sources)]
