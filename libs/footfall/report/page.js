// Draws the page's figures, in the colours that the reader's screen or paper asks for.
(() => {
  const dark = JSON.parse(document.getElementById("dark").textContent);
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = { displayModeBar: false, responsive: true, locale: "en-US" };

  const recolour = (value) => {
    if (typeof value === "string") return dark[value] || value;
    if (Array.isArray(value)) return value.map(recolour);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, recolour(inner)]));
    }
    return value;
  };

  const draw = (isDark) => {
    for (const script of document.querySelectorAll("script[data-plot]")) {
      const figure = JSON.parse(script.textContent);
      const { data, layout } = isDark ? recolour(figure) : figure;
      layout.font = { ...layout.font, family: getComputedStyle(document.body).fontFamily };
      Plotly.react(script.dataset.plot, data, layout, config);
    }
  };

  draw(prefersDark.matches);
  prefersDark.addEventListener("change", (event) => draw(event.matches));
  window.addEventListener("beforeprint", () => draw(false));
  window.addEventListener("afterprint", () => draw(prefersDark.matches));
})();
