/* A browser that had to fetch the book's Chinese font may keep the empty boxes of words it met before the font came.
   Another kerning, for an instant, makes it shape all text again. */
document.fonts.addEventListener("loadingdone", (event) => {
  if (!event.fontfaces.some((face) => face.family.includes("Book CJK"))) return;
  document.documentElement.classList.add("book-cjk");
  document.body.getBoundingClientRect();
  document.documentElement.classList.remove("book-cjk");
});

/* A click on a column's head sorts a table of results by it, numbers as numbers; a second click turns the order round, a
   third brings back the one it was printed in. Tables with cells that span several rows stay as they are. */
document.addEventListener("DOMContentLoaded", () => {
  const words = new Intl.Collator("zh", { numeric: true });
  for (const table of document.querySelectorAll(".table-scroll table.dataframe")) {
    const body = table.tBodies[0];
    if (table.tHead?.rows.length !== 1 || !body || body.rows.length < 3 || table.querySelector("[rowspan], [colspan]")) continue;
    const printed = [...body.rows];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const text = (row) => row.cells[column]?.textContent.trim() ?? "";
      const number = (row) => Number(text(row).replaceAll(",", "").replace("−", "-") || NaN);
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
      head.tabIndex = 0;
      head.ariaSort = "none";
      head.title = "sort by this column";
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        sort();
      });
    });
  }
});
