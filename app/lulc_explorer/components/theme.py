"""The colours and type of the light and the dark page."""

from __future__ import annotations

THEME = {
    "light": {"palette": {"primary": {"main": "#14594b"}, "background": {"default": "#f6f7f5", "paper": "#ffffff"}}},
    "dark": {"palette": {"primary": {"main": "#7ccfb8"}, "background": {"default": "#121614", "paper": "#1a1f1d"}}},
}
LOOKS = {
    "typography": {
        "fontFamily": "Roboto, 'Helvetica Neue', Arial, sans-serif",
        "h3": {"fontSize": "1.25rem", "@media (max-width: 600px)": {"fontSize": "0.8125rem", "lineHeight": 1.2}},
    },
    "components": {
        "MuiTypography": {
            "defaultProps": {"variantMapping": {"h3": "h1", "h4": "span", "h5": "div"}}
        },  # of the page, a fold, a blank
        "MuiButtonBase": {
            "styleOverrides": {
                "root": {"&.Mui-focusVisible": {"outline": "3px solid currentcolor", "outlineOffset": "-3px"}}
            }
        },
        "MuiSlider": {"styleOverrides": {"thumb": {"&.Mui-focusVisible": {"outline": "3px solid currentcolor"}}}},
        "MuiAlertTitle": {"styleOverrides": {"root": {"&:empty": {"display": "none"}}}},  # 0.16: there without a title
        "MuiAlert": {
            "styleOverrides": {
                "message": {"overflowWrap": "anywhere", "& p": {"margin": 0}, "& p + p": {"marginTop": 6}}
            }
        },
        "MuiFormLabel": {"styleOverrides": {"root": {"fontSize": "0.8125rem"}}},
        "MuiInputLabel": {"styleOverrides": {"root": {"&&.MuiInputLabel-shrink": {"fontSize": "1rem"}}}},  # as its gap
        "MuiAccordionSummary": {"styleOverrides": {"content": {"& *": {"fontSize": "0.9rem", "fontWeight": 500}}}},
        "MuiAppBar": {
            "styleOverrides": {"root": {"backgroundColor": "#14594b", "backgroundImage": "none", "color": "#fff"}}
        },
    },
}
