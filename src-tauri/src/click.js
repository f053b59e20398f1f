// Runs in the project's main frame. A clicked link to another origin opens in the system browser,
// by way of a new window; everything else is left to the page.
(() => {
  const loopback = (host) =>
    host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
  const sameOrigin = (url) =>
    url.protocol === location.protocol &&
    url.port === location.port &&
    (url.hostname === location.hostname || (loopback(url.hostname) && loopback(location.hostname)));

  // On the window and while bubbling: the page's own handlers come first and may have dealt with it.
  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!link || !link.href || link.hasAttribute("download")) return;
    let url;
    try {
      url = new URL(link.href);
    } catch {
      return;
    }
    const web = url.protocol === "http:" || url.protocol === "https:";
    const leaves = (web && !sameOrigin(url)) || url.protocol === "mailto:" || url.protocol === "tel:";
    if (!leaves || !["", "_self", "_top", "_parent", "_blank"].includes(link.target)) return;
    event.preventDefault();
    open(url.href, "_blank", "noopener");
  });
})();
