/* A browser that had to fetch the book's Chinese font may keep the empty boxes of words it met before the font came.
   Another kerning, for an instant, makes it shape all text again. */
document.fonts.addEventListener("loadingdone", (event) => {
  if (!event.fontfaces.some((face) => face.family.includes("Book CJK"))) return;
  document.documentElement.classList.add("book-cjk");
  document.body.getBoundingClientRect();
  document.documentElement.classList.remove("book-cjk");
});
