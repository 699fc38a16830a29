/* What the parts of the book that a reader can touch have in common: data on demand, elements, colours, canvases. */
const Touch = (() => {
  const here = new URL(".", document.currentScript.src); // _static, wherever the book lies
  const data = {};
  const waiting = {};

  /* A piece of data, loaded when first asked for. It comes as a script: a page opened from a folder may read no file. */
  function load(name) {
    waiting[name] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`data/${name}.js`, here);
      script.onload = () => (name in data ? resolve(data[name]) : reject(new Error(`data/${name}.js holds nothing`)));
      script.onerror = () => {
        delete waiting[name];
        script.remove();
        reject(new Error(`data/${name}.js cannot be loaded`));
      };
      document.head.append(script);
    });
    return waiting[name];
  }

  /* An element with attributes and children; text is always text, never markup. */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children);
    return made;
  }

  function button(text, action) {
    return element("button", { type: "button", click: action }, text);
  }

  const isDark = () => document.documentElement.dataset.theme === "dark";

  /* The theme's own colours, read anew at each drawing. */
  function theme() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--pst-color-${name}`).trim();
    return { ink: of("text-base"), muted: of("text-muted"), line: of("border"), back: of("background") };
  }

  /* The book's palette; its darker colours are lightened where the page is dark. */
  const PALETTE = [
    "#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#EE8866", "#332288",
    "#44AA99", "#999933", "#882255", "#88CCEE", "#DDCC77", "#117733", "#FFAABB", "#77AADD",
  ];
  function color(i) {
    if (i < 0) return isDark() ? "#777777" : "#B4B4B4";
    const plain = PALETTE[i % PALETTE.length];
    const again = i >= PALETTE.length ? 0.4 : 0; // the second time round a colour is paler
    return again || isDark() ? mixed(plain, isDark() ? "#FFFFFF" : "#B4B4B4", again || 0.3) : plain;
  }

  /* A colour with a part of another in it. */
  function mixed(one, other, part) {
    const at = (color, from) => parseInt(color.slice(from, from + 2), 16);
    return `rgb(${[1, 3, 5].map((from) => Math.round(at(one, from) * (1 - part) + at(other, from) * part)).join(", ")})`;
  }

  /* A canvas as wide as its box that draws itself again when its width or the theme changes. */
  function canvas(height, label, draw) {
    const made = element("canvas", { role: "img", "aria-label": label });
    made.style.height = `${height}px`;
    const again = () => {
      const width = made.clientWidth;
      if (!width) return;
      const scale = window.devicePixelRatio || 1;
      const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
      if (made.width !== wide || made.height !== high) Object.assign(made, { width: wide, height: high });
      const pen = made.getContext("2d");
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, width, height);
      draw(pen, width, height);
    };
    new ResizeObserver(again).observe(made);
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return { element: made, again };
  }

  /* Points of the plane on a canvas: both axes with one scale, everything inside the margin. */
  function fit(x, y, width, height, margin) {
    const [left, right, low, high] = [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
    const scale = Math.min((width - 2 * margin) / (right - left || 1), (height - 2 * margin) / (high - low || 1));
    return {
      scale,
      x: (value) => width / 2 + (value - (left + right) / 2) * scale,
      y: (value) => height / 2 - (value - (low + high) / 2) * scale,
    };
  }

  function dot(pen, x, y, radius, { fill, stroke, width = 1 }) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    if (fill) {
      pen.fillStyle = fill;
      pen.fill();
    }
    if (stroke) {
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.stroke();
    }
  }

  /* Numbers that Python packed in base64. */
  const unpacked = (text, Kind) => new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);

  /* Three digits, without powers of ten. */
  const number = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))));

  /* Start a part in each box that asks for it; a part that cannot start says so and leaves the still picture. */
  function start(name, part) {
    document.addEventListener("DOMContentLoaded", () => {
      for (const box of document.querySelectorAll(`[data-touch="${name}"]`)) {
        part(box).catch((error) => box.replaceChildren(element("p", { role: "alert" }, `This part cannot start: ${error.message}.`)));
      }
    });
  }

  return { data, load, element, button, theme, color, mixed, canvas, fit, dot, unpacked, number, start };
})();
