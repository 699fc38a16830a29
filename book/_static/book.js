/* A browser that had to fetch the book's Chinese font may keep the empty boxes of words it met before the font came.
   With a feature that fonts have on anyway (book.css) text counts as other text, and is shaped again. */
document.fonts.addEventListener("loadingdone", (event) => {
  if (!event.fontfaces.some((face) => face.family.includes("Book CJK"))) return;
  document.documentElement.classList.add("book-cjk");
});

/* A reading program reads the Chinese abstracts, and the Chinese front page, as Chinese. */
document.addEventListener("DOMContentLoaded", () => {
  const chinese = location.pathname.endsWith("/zh.html") ? ", article.bd-article" : "";
  for (const part of document.querySelectorAll(`.abstract-zh${chinese}`)) part.lang = "zh-Hans";
});

/* A column's head sorts a table of results by it, numbers as numbers; a second press turns the order round, a third brings
   back the one it was printed in. A line below the table says so. Tables with cells that span several rows stay as they are. */
document.addEventListener("DOMContentLoaded", () => {
  const words = new Intl.Collator("zh", { numeric: true });
  for (const table of document.querySelectorAll(".table-scroll table.dataframe")) {
    const body = table.tBodies[0];
    if (table.tHead?.rows.length !== 1 || !body || body.rows.length < 3 || table.querySelector("[rowspan], [colspan]")) continue;
    const printed = [...body.rows];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.tagName !== "TH") return; // a corner without a name
      const text = (row) => row.cells[column]?.textContent.trim() ?? "";
      const number = (row) => Number(plain(text(row)) || NaN);
      const numeric = printed.every((row) => ["", "NaN"].includes(text(row)) || !Number.isNaN(number(row)));
      const compare = (a, b) => {
        if (!numeric) return words.compare(text(a), text(b));
        return Number.isNaN(number(a)) - Number.isNaN(number(b)) || number(a) - number(b);
      };
      const sort = () => {
        const next = { none: "descending", descending: "ascending", ascending: "none" }[head.ariaSort];
        for (const other of head.parentNode.cells) other.ariaSort = "none";
        head.ariaSort = next;
        const order = next === "none" ? printed : printed.toSorted(compare);
        const missing = (row) => numeric && Number.isNaN(number(row));
        if (next === "descending") order.sort((a, b) => missing(a) - missing(b) || compare(b, a)); // what is not there stays last
        body.append(...order);
      };
      const button = document.createElement("button");
      button.append(...head.childNodes);
      button.type = "button";
      button.className = "sort";
      button.addEventListener("click", sort);
      head.append(button);
      head.ariaSort = "none";
    });
    const hint = document.createElement("p");
    hint.className = "sort-hint";
    hint.textContent = "Press a column’s name to sort by it.";
    table.closest(".table-scroll").after(hint);
  }
});

/* 1,200 and −3 and 1.07 × 10⁻¹⁴ as a program reads them. */
function plain(text) {
  const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const power = text.match(`^(.*) × 10([⁻${raised}]+)$`);
  if (power) return `${plain(power[1])}e${[...power[2]].map((sign) => (sign === "⁻" ? "-" : raised.indexOf(sign))).join("")}`;
  return text.replaceAll(",", "").replace("−", "-");
}

/* What is wider than its box scrolls, and the keyboard can scroll it: formulas, and the theme's tables. */
window.addEventListener("load", () => {
  const names = { formula: "formula", "pst-scrollable-table-container": "table" };
  const reach = (box) => {
    const wide = box.scrollWidth > box.clientWidth;
    const name = Object.entries(names).find(([kind]) => box.classList.contains(kind))[1];
    for (const [key, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": name }))
      wide ? box.setAttribute(key, value) : box.removeAttribute(key);
  };
  const watch = new ResizeObserver((entries) => entries.forEach((entry) => reach(entry.target)));
  for (const box of document.querySelectorAll(".bd-article :is(.formula, .pst-scrollable-table-container)")) watch.observe(box);
});
