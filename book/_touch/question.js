/* Where a question would go, worked out in the browser: tokens, vector, distances, as the book's router does it. */
Touch.router = (() => {
  const SPLIT = new RegExp(
    "'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^_S_\\p{L}\\p{N}]+[\\r\\n]*|[_S_]*[\\r\\n]+|[_S_]+(?![^_S_])|[_S_]+"
      .replaceAll("_S_", "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"), // white space as Unicode has it
    "gu",
  );
  const KINDS = { 8: Int8Array, 16: Int16Array };
  const { unpacked } = Touch;
  let model, router;

  /* A table of vectors: `at(i)` is the i-th, as numbers. */
  function table(packed) {
    const whole = unpacked(packed.vectors, KINDS[packed.bits]);
    const scale = unpacked(packed.scale, Float32Array);
    const at = (i) => Float64Array.from(whole.subarray(i * packed.dim, (i + 1) * packed.dim), (value) => value * scale[i]);
    return { at, length: scale.length, dim: packed.dim };
  }

  async function ready() {
    if (model) return;
    const data = await Touch.load("encoder");
    const triples = unpacked(data.encoder.merges, Uint32Array);
    const merges = new Map();
    const spelled = new Map(data.encoder.bytes.map((token, byte) => [token, [byte]]));
    for (let i = 0; i < triples.length; i += 3) {
      const [a, b, both] = triples.subarray(i, i + 3);
      merges.set(a * 2 ** 24 + b, [i, both]);
      spelled.set(both, [...(spelled.get(a) ?? []), ...(spelled.get(b) ?? [])]);
    }
    const signs = Object.keys(data.encoder.special).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const special = signs.length ? new RegExp(`(${signs.sort((a, b) => b.length - a.length).join("|")})`) : /(?!)/;
    const all = unpacked(data.router.centroids, Float64Array);
    const dim = data.encoder.dim;
    const centroids = data.router.names.map((_, i) => all.subarray(i * dim, (i + 1) * dim));
    model = { ...data.encoder, merges, spelled, special, ids: data.encoder.special, vectors: table(data.encoder) };
    router = { ...data.router, centroids };
  }

  /* Byte-pair encoding of one piece: the pair that was merged first in training is merged first, from the left. */
  function merged(piece) {
    const tokens = Array.from(new TextEncoder().encode(piece), (byte) => model.bytes[byte]);
    for (;;) {
      let best;
      for (let i = 0; i + 1 < tokens.length; i++) {
        const found = model.merges.get(tokens[i] * 2 ** 24 + tokens[i + 1]);
        if (found && (!best || found[0] < best.rank)) best = { rank: found[0], both: found[1], i };
      }
      if (!best) return tokens;
      tokens.splice(best.i, 2, best.both);
    }
  }

  function tokens(text) {
    return text.split(model.special).flatMap((part) => {
      if (Object.hasOwn(model.ids, part)) return [model.ids[part]];
      return (part.normalize("NFC").match(SPLIT) ?? []).flatMap(merged);
    });
  }

  /* What a token spells; a token may be a part of a character only. */
  const spell = (token) => new TextDecoder().decode(Uint8Array.from(model.spelled.get(token) ?? []));

  /* The mean of the tokens' vectors at length 1; null where there is none or it has no direction. */
  function vector(text) {
    const ids = tokens(router.prompt + text);
    const sum = new Float64Array(model.dim);
    for (const id of ids) model.vectors.at(id).forEach((value, i) => (sum[i] += value));
    const length = Math.hypot(...sum);
    return length > 0 ? sum.map((value) => value / length) : null;
  }

  const product = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const apart = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0));
  const MEASURES = { euclidean: apart, cosine: (a, b) => 1 - product(a, b) / (Math.hypot(...a) * Math.hypot(...b)) };

  /* The distances of a vector to all experts, and the expert that is asked; of equal ones the first. */
  function choose(place) {
    const distances = router.centroids.map((centroid) => MEASURES[router.metric](place, centroid));
    const nearest = distances.indexOf(Math.min(...distances));
    const ranked = distances.toSorted((a, b) => a - b);
    const left = router.reject !== null && ranked[0] > router.reject;
    return { distances, nearest, expert: left ? "base" : router.names[nearest], distance: ranked[0], margin: (ranked[1] ?? Infinity) - ranked[0] };
  }

  /* The n nearest of a table's vectors: [position, distance]. */
  function near(place, vectors, n) {
    const found = Array.from({ length: vectors.length }, (_, i) => [i, apart(place, vectors.at(i))]);
    return found.sort((a, b) => a[1] - b[1] || a[0] - b[0]).slice(0, n);
  }

  return { ready, table, tokens, spell, vector, choose, near, names: () => router.names };
})();

Touch.start("question", async (box) => {
  const { element, button, color, dot, number, router } = Touch;
  const examples = JSON.parse(box.dataset.examples);
  const size = box.dataset.size;
  let next = 0, rows, answers, found;

  const typed = element("textarea", { id: "question-text", rows: 3, lang: "zh-Hans", keydown: (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask();
  } });
  const says = element("p", { class: "touch-says", role: "status" }, `The first question loads the encoder and the rows (${size}).`);
  const result = element("div");
  const map = Touch.canvas(320, "The map of the training rows, with the question where its nearest rows are.", drawMap);
  box.append(
    element("div", {}, element("label", { for: "question-text" }, "Your question, in Chinese")), typed,
    element("div", { class: "touch-row" }, button("Where does it go?", ask), button("Take an example", () => {
      typed.value = examples[next++ % examples.length];
      return ask();
    })),
    says, result,
  );

  async function ask() {
    const text = typed.value.trim();
    if (!text) return void (says.textContent = "Type a question first, or take an example.");
    says.textContent = `Loading the encoder and the rows (${size}) …`;
    try {
      await router.ready();
      rows ??= await withVectors("rows");
      answers ??= (await Touch.load("answers")) && (await withVectors("answers"));
    } catch (error) {
      return void (says.textContent = `${error.message}: build the book again, or read it with its folder _static beside it.`);
    }
    const place = router.vector(text);
    if (!place) return void (says.textContent = "This text has no place in the space: it holds nothing that the encoder knows.");
    found = { text, place, ...router.choose(place), near: router.near(place, rows.table, 5) };
    show();
  }

  async function withVectors(name) {
    const data = await Touch.load(name);
    return { ...data, table: router.table(data) };
  }

  function show() {
    const names = router.names();
    says.textContent =
      found.expert === "base"
        ? `No expert is near enough, so it goes to the base model. The nearest, ${names[found.nearest]}, is at distance ${found.distance.toFixed(3)}.`
        : `It goes to ${found.expert}: the centroid is at distance ${found.distance.toFixed(3)}` +
          (names.length > 1 ? `, the next one is ${found.margin.toFixed(3)} farther.` : ".");
    result.replaceChildren(
      head("The tokens that the encoder reads"), tokens(),
      head("Distance to each expert"), experts(names),
      head("Its place on the map"), map.element,
      element("p", { class: "touch-caption" }, "Colours are clusters. The cross is the mean place of the five nearest rows, for the map itself cannot place a new text."),
      head("The nearest training rows"), nearRows(),
      ...recorded(),
    );
    map.again();
  }

  const head = (text) => element("h3", { class: "touch-head" }, text);

  function tokens() {
    const line = element("p", { class: "touch-tokens", lang: "zh-Hans" });
    for (const token of router.tokens(found.text)) line.append(element("span", {}, router.spell(token).replaceAll("\n", "↵")), " ");
    return line;
  }

  function lines(columns, body) {
    const header = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)));
    const table = element("table", { class: "touch-table" }, element("thead", {}, header), element("tbody", {}, ...body));
    return element("div", { class: "touch-scroll", tabindex: 0, role: "group", "aria-label": columns.join(", ") }, table);
  }

  const cell = (content, attributes = {}) => element("td", attributes, content);

  function experts(names) {
    const most = Math.max(...found.distances);
    return lines(["Expert", "Distance", "Its cluster holds mostly"], names.map((name, i) => {
      const bar = element("span", { class: "touch-bar", "aria-hidden": "true" });
      bar.style.width = `${(found.distances[i] / most) * 6}em`;
      bar.style.background = color(i);
      const title = element("th", { scope: "row" }, name + (i === found.nearest ? " ← nearest" : ""));
      return element("tr", i === found.nearest ? { class: "touch-chosen" } : {}, title,
        element("td", {}, found.distances[i].toFixed(3), " ", bar), cell(rows.mostly[i]));
    }));
  }

  function nearRows() {
    return lines(["Row", "Its answer", "Sub-task", "Cluster", "Distance"], found.near.map(([i, distance]) =>
      element("tr", {}, cell(rows.texts[i], { lang: "zh-Hans" }), cell(rows.answers[i], { lang: "zh-Hans" }),
        cell(rows.subtasks[i]), cell(String(rows.cluster[i])), cell(distance.toFixed(3)))));
  }

  function recorded() {
    const title = head("What this expert answered to the nearest questions of chapter 8");
    const given = answers?.answers[found.expert];
    if (!given) return [title, element("p", {}, "This run has recorded no answers of this expert.")];
    const right = answers.correct[found.expert];
    return [title, lines(["Question", "It answered", "Wanted", "Score"], router.near(found.place, answers.table, 3).map(([i]) =>
      element("tr", {}, cell(answers.texts[i], { lang: "zh-Hans" }), cell(given[i] || "(nothing)", { lang: "zh-Hans" }),
        cell(answers.references[i], { lang: "zh-Hans" }), cell(number(right[i])))))];
  }

  function drawMap(pen, width, height) {
    if (!found || !rows.mapped.length) return;
    const place = Touch.fit(rows.x, rows.y, width, height, 8);
    const at = new Map(rows.mapped.map((row, i) => [row, i]));
    pen.globalAlpha = 0.5;
    rows.mapped.forEach((row, i) => dot(pen, place.x(rows.x[i]), place.y(rows.y[i]), 1.5, { fill: color(rows.cluster[row]) }));
    pen.globalAlpha = 1;
    const near = found.near.map(([row]) => at.get(row)).filter((i) => i !== undefined);
    if (!near.length) return;
    const ink = Touch.theme().ink;
    for (const i of near) dot(pen, place.x(rows.x[i]), place.y(rows.y[i]), 4, { stroke: ink, width: 1.5 });
    const mean = (values) => near.reduce((sum, i) => sum + values[i], 0) / near.length;
    const [x, y] = [place.x(mean(rows.x)), place.y(mean(rows.y))];
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    pen.beginPath();
    for (const [dx, dy] of [[8, 8], [8, -8]]) {
      pen.moveTo(x - dx, y - dy);
      pen.lineTo(x + dx, y + dy);
    }
    pen.stroke();
  }
});
