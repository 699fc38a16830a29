/* The semantic map: zoom, move, point at a row, colour by what is known of it. */
Touch.start("map", async (box) => {
  const { element, button, number, unpacked } = Touch;
  const data = await Touch.load("map");
  const [x, y] = [unpacked(data.x, Int16Array), unpacked(data.y, Int16Array)];
  const density = unpacked(data.density, Float32Array);
  const columns = data.columns.map((column) => ({ ...column, codes: unpacked(column.codes, Uint16Array) }));
  const HEIGHT = 460, NEAR = 12, MOST_ZOOM = 60;
  const RAMP = ["#440154", "#3B528B", "#21918C", "#5EC962", "#FDE725"]; // low to high, for colour-blind readers too
  const bins = byRank(density, RAMP.length);
  let groups, image, only = null, pointed = -1, waiting = false;
  let zoom = 1, middle = { x: 0, y: 0 };
  const held = new Map(); // pointers that are down

  const choice = element("select", { id: "map-color", change: () => colorBy(choice.value) });
  for (const { name } of columns) choice.append(element("option", { value: name }, name));
  choice.append(element("option", { value: "density" }, "density"));
  const says = element("p", { class: "touch-says", role: "status" });
  const legend = element("ul", { class: "touch-caption touch-legend", "aria-label": "Show one group only" });
  const picture = Touch.canvas(HEIGHT, "The map of the rows. Arrow keys move it, plus and minus zoom, Home shows all of it.", draw);
  const canvas = picture.element;
  canvas.setAttribute("role", "application");
  canvas.tabIndex = 0;

  box.append(
    element("div", { class: "touch-row" }, element("label", { for: "map-color" }, "Colour by "), choice,
      button("Zoom in", () => zoomBy(1.6)), button("Zoom out", () => zoomBy(1 / 1.6)), button("Whole map", whole)),
    legend, canvas, says,
  );
  const still = document.getElementById("fig-explore-map");
  if (still) still.hidden = true;
  colorBy(columns[0].name);
  say();

  /* The points of each colour, so that a drawing sets each colour once. */
  function colorBy(name) {
    const column = columns.find((one) => one.name === name);
    const codes = column ? column.codes : bins;
    const names = column ? column.names : RAMP.map((_, i) => (i === 0 ? "density: lowest fifth" : i === RAMP.length - 1 ? "highest fifth" : `fifth ${i + 1}`));
    groups = names.map((text, code) => ({ text, points: [], color: () => (column ? Touch.color(column.grey === code ? -1 : code) : RAMP[code]) }));
    const without = { text: "no density: a copy of another row", points: [], color: () => Touch.color(-1) };
    codes.forEach((code, i) => (groups[code] ?? without).points.push(i));
    groups = [...groups, without].filter((group) => group.points.length);
    groups.sort((a, b) => (a.color() === Touch.color(-1) ? -1 : 0) - (b.color() === Touch.color(-1) ? -1 : 0)); // grey underneath
    only = null;
    legend.replaceChildren(...groups.map(entry));
    again();
  }

  function entry(group) {
    const sign = element("i", { class: "touch-sign", "aria-hidden": "true" });
    group.sign = sign;
    const shows = element("button", { type: "button", class: "touch-only", "aria-pressed": "false", click: () => {
      only = only === group ? null : group;
      for (const other of legend.querySelectorAll("button")) other.setAttribute("aria-pressed", String(only === group && other === shows));
      again();
    } }, sign, `${group.text} (${group.points.length.toLocaleString("en")})`);
    return element("li", {}, shows);
  }

  /* Each value's fifth by rank; a value that is missing gets a number past them all. */
  function byRank(values, parts) {
    const known = Array.from(values.keys()).filter((i) => values[i] >= 0).sort((a, b) => values[a] - values[b]);
    const found = new Uint8Array(values.length).fill(255);
    known.forEach((i, rank) => (found[i] = Math.floor((rank * parts) / known.length)));
    return found;
  }

  /* One drawing for each frame of the screen, however many events came. */
  function again() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      picture.again();
    });
  }

  /* Where the points are on the canvas; the coordinates are whole numbers from -32000 to 32000 on the longer axis. */
  const scale = () => (zoom * Math.min(canvas.clientWidth, HEIGHT) * 0.48) / 32000;
  function view() {
    const s = scale();
    return { s, left: canvas.clientWidth / 2 - middle.x * s, top: HEIGHT / 2 + middle.y * s };
  }

  /* The dots are set pixel by pixel: forty thousand squares drawn one by one would not move smoothly. */
  function draw(pen, width) {
    const [wide, high] = [pen.canvas.width, pen.canvas.height];
    if (image?.width !== wide || image.height !== high) image = pen.createImageData(wide, high);
    const ratio = wide / width;
    const { s, left, top } = view();
    const radius = Math.min(4, (x.length > 10000 ? 0.9 : 1.4) * Math.sqrt(zoom));
    const side = Math.max(2, Math.round(2 * radius * ratio));
    const bytes = image.data;
    new Uint32Array(bytes.buffer).fill(0);
    const back = parts(pen, Touch.theme().back);
    for (const group of groups) {
      group.sign.style.background = group.color(); // which the theme may have changed
      const ink = parts(pen, group.color());
      const part = only && only !== group ? 0.08 : 0.7;
      for (const i of group.points) {
        const from = Math.round((left + x[i] * s) * ratio - side / 2);
        const down = Math.round((top - y[i] * s) * ratio - side / 2);
        if (from < 0 || down < 0 || from + side > wide || down + side > high) continue;
        for (let row = down; row < down + side; row++) {
          for (let at = 4 * (row * wide + from), end = at + 4 * side; at < end; at += 4) {
            for (let c = 0; c < 3; c++) bytes[at + c] = (bytes[at + 3] ? bytes[at + c] : back[c]) * (1 - part) + ink[c] * part;
            bytes[at + 3] = 255;
          }
        }
      }
    }
    pen.putImageData(image, 0, 0);
    if (pointed >= 0) Touch.dot(pen, left + x[pointed] * s, top - y[pointed] * s, radius + 4, { stroke: Touch.theme().ink, width: 2 });
  }

  /* Red, green and blue of a colour, which the canvas reads in any notation. */
  function parts(pen, color) {
    pen.fillStyle = color;
    return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
  }

  function nearest(px, py, within) {
    const { s, left, top } = view();
    let best = -1, least = within * within;
    for (const group of only ? [only] : groups) {
      for (const i of group.points) {
        const away = (left + x[i] * s - px) ** 2 + (top - y[i] * s - py) ** 2;
        if (away < least) [best, least] = [i, away];
      }
    }
    return best;
  }

  function point(i) {
    if (i === pointed) return;
    pointed = i;
    say();
    again();
  }

  function say() {
    const of = (column) => `${column.name}: ${column.names[column.codes[pointed]]}`;
    const dense = density[pointed] >= 0 ? `density: ${number(density[pointed])}` : "a copy of another row";
    says.textContent = pointed < 0
      ? "Point at a row to see what is known of it. Drag to move; Ctrl and the wheel, or two fingers, zoom."
      : `${[...columns.map(of), dense].join(" · ")}.`;
  }

  /* Zoom with one place of the screen kept where it is. */
  function zoomBy(factor, px = canvas.clientWidth / 2, py = HEIGHT / 2) {
    const before = scale();
    zoom = Math.max(1, Math.min(MOST_ZOOM, zoom * factor));
    const after = scale();
    middle.x += (px - canvas.clientWidth / 2) * (1 / before - 1 / after);
    middle.y -= (py - HEIGHT / 2) * (1 / before - 1 / after);
    settle();
  }

  function move(dx, dy) {
    middle.x -= dx / scale();
    middle.y += dy / scale();
    settle();
  }

  /* The map stays in sight; a finger scrolls the page until the map is zoomed into. */
  function settle() {
    const reach = 32000 * (1 - 1 / zoom) + 1;
    middle.x = Math.max(-reach, Math.min(reach, middle.x));
    middle.y = Math.max(-reach, Math.min(reach, middle.y));
    canvas.style.touchAction = zoom > 1 ? "none" : "pan-y";
    again();
  }

  function whole() {
    [zoom, middle] = [1, { x: 0, y: 0 }];
    settle();
  }

  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return point(nearest(event.offsetX, event.offsetY, NEAR));
    const other = [...held.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) {
      const gap = (one) => Math.hypot(one.offsetX - other.offsetX, one.offsetY - other.offsetY) || 1;
      zoomBy(gap(event) / gap(before), other.offsetX, other.offsetY);
    } else move(event.offsetX - before.offsetX, event.offsetY - before.offsetY);
    held.set(event.pointerId, event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      held.delete(event.pointerId);
      if (event.pointerType === "touch") point(nearest(event.offsetX, event.offsetY, 2 * NEAR));
    });
  }
  canvas.addEventListener("pointerleave", () => point(-1));
  const KEYS = {
    ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
    "+": () => zoomBy(1.6), "=": () => zoomBy(1.6), "-": () => zoomBy(1 / 1.6), Home: whole,
  };
  canvas.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    KEYS[event.key]();
    point(nearest(canvas.clientWidth / 2, HEIGHT / 2, Infinity)); // by keyboard the row in the middle is pointed at
  });
});
