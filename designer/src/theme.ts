/** Light or dark as the device prefers, before anything is drawn; loaded only while the visitor has not chosen. */
document.documentElement.dataset["bsTheme"] = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
