/* Typesets the page's formulas with KaTeX. A formula it cannot read stays as its source and is reported. */
document.addEventListener("DOMContentLoaded", () => {
  for (const element of document.querySelectorAll("span.math, div.math")) {
    const source = element.textContent;
    try {
      // "ignore": Chinese inside \text{} is meant, not a slip.
      katex.render(source, element, { displayMode: element.tagName === "DIV", throwOnError: true, strict: "ignore" });
    } catch (error) {
      element.textContent = source;
      element.classList.add("math-error");
      console.error(`formula not understood: ${source}`, error);
    }
  }
});
