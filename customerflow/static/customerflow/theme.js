// Sets the theme before the page is painted, so it is a plain script in <head>. The choice is a cookie, so that the
// server can render it; without one the page follows the system.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    return document.cookie.match(/(?:^|; )theme=(light|dark)(?:;|$)/)?.[1];
  }

  function apply() {
    document.documentElement.dataset.bsTheme = chosen() ?? (system.matches ? "dark" : "light");
  }

  function choose(theme) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    const age = theme ? 365 * 24 * 60 * 60 : 0;
    document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
    apply();
  }

  apply();
  system.addEventListener("change", apply);
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-theme-switch]")) choose(event.target.value);
  });
})();
