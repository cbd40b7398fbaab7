(async (script) => {
    // Only the browser knows by which way it reached Jupyter: if Jupyter has a proxy, the explorer is behind it, too.
    const frame = script.parentElement.querySelector("iframe")
    const settings = document.getElementById("jupyter-config-data")
    const base = settings && JSON.parse(settings.textContent).baseUrl
    let address = frame.dataset.address
    if (base && !address.startsWith("/")) {
        const answer = await fetch(base + "server-proxy/servers-info").catch(() => null)
        if (answer?.ok) address = base + frame.dataset.proxied
    }
    frame.src = script.parentElement.querySelector("a").href = address
})(document.currentScript)
