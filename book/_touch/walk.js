/* A-DBSCAN stepped through. Python found every step; here they are only drawn. */
Touch.start("walk", async (box) => {
  const { element, button, color, dot, number } = Touch;
  const walks = await Touch.load("walk");
  let walk, visited, done, timer;

  const choice = element("select", { id: "walk-points", change: () => choose(Number(choice.value)) });
  walks.forEach((one, i) => choice.append(element("option", { value: i }, one.title)));
  const slider = element("input", { type: "range", id: "walk-step", min: 0, step: 1, input: () => go(Number(slider.value)) });
  const count = element("output", { for: "walk-step" });
  const play = button("Play", () => (timer ? stop() : start()));
  const says = element("p", { class: "touch-says", role: "status" });
  const text = element("p", { class: "touch-text", lang: "zh-Hans" });
  const plane = Touch.canvas(340, "The points at this step; the text below the picture says what happens.", drawPlane);
  const queue = Touch.canvas(64, "The queue: a bar for each point, as high as its density, the densest first.", drawQueue);
  const balls = Touch.canvas(64, "The points in the ball at each step so far, as dots, and MinPts as a line.", drawBalls);

  box.append(
    element("div", { class: "touch-row" }, element("label", { for: "walk-points" }, "Points "), choice),
    element("div", { class: "touch-row" }, element("label", { for: "walk-step" }, "Step "), slider, count),
    element("div", { class: "touch-row" },
      button("Back", () => go(done - 1)), button("Next", () => go(done + 1)),
      button("Next sub-cluster", nextSubcluster), play, button("To the end", () => go(walk.point.length))),
    plane.element, says, text, legend(),
    element("p", { class: "touch-caption" }, "The queue by density"), queue.element,
    element("p", { class: "touch-caption" }, "Points in the ball at each step, and the MinPts of the moment (line)"), balls.element,
  );
  const still = document.getElementById("fig-walk"); // last of all: where the part cannot start, the picture stays
  if (still) still.hidden = true;
  choose(0);

  function choose(i) {
    stop();
    walk = walks[i];
    visited = new Array(walk.point.length);
    walk.point.forEach((p, at) => (visited[p] = at));
    slider.max = walk.point.length;
    go(0);
  }

  function go(step) {
    done = Math.max(0, Math.min(walk.point.length, step));
    if (done === walk.point.length) stop();
    slider.value = done;
    count.textContent = `${done} of ${walk.point.length}`;
    slider.setAttribute("aria-valuetext", `step ${count.textContent}`);
    says.textContent = sentence();
    const p = done ? walk.point[done - 1] : walk.queue[0];
    text.textContent = walk.texts ? walk.texts[p] : "";
    text.hidden = !walk.texts;
    for (const drawing of [plane, queue, balls]) drawing.again();
  }

  function start() {
    if (done === walk.point.length) go(0);
    says.setAttribute("aria-live", "off"); // a reading program could not keep up
    timer = setInterval(() => go(done + 1), Math.max(40, 20000 / walk.point.length));
    play.textContent = "Pause";
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
    says.removeAttribute("aria-live");
    play.textContent = "Play";
  }

  function nextSubcluster() {
    const at = walk.kind.indexOf("starts", done);
    go(at < 0 ? walk.point.length : at + 1);
  }

  function sentence() {
    const n = walk.point.length;
    if (!done) return `${n} points wait in the queue. ε is ${number(walk.eps)}; MinPts begins at ${number(walk.minpts[0])}.`;
    const at = done - 1;
    const p = walk.point[at];
    const labelled = walk.joined.filter((step) => step >= 0 && step < done);
    const gained = walk.joined.filter((step) => step === at).length;
    const now = walk.label[p];
    const follows = {
      starts: `enough: sub-cluster ${now} begins with ${gained} points.`,
      grows: `enough: sub-cluster ${now} ${gained ? `grows by ${gained}` : "finds nothing new here"}.`,
      edge: `too few: it is at the edge of sub-cluster ${now} and does not let it grow.`,
      "too few": "too few: it stays outside, unless a later sub-cluster reaches it.",
    }[walk.kind[at]];
    const size = walk.near[p].length;
    const clusters = walk.kind.slice(0, done).filter((kind) => kind === "starts").length;
    return (
      `Place ${walk.queue.indexOf(p) + 1} in the queue, density ${number(walk.density[p])}: ${size} ` +
      `${size === 1 ? "point" : "points"} in the ball, MinPts is ${number(walk.minpts[at])}: ${follows} ` +
      `Sub-clusters so far: ${clusters}, with ${labelled.length} points; ${n - done} of ${n} points not visited.`
    );
  }

  function legend() {
    const sign = (name, text) => element("span", {}, element("i", { class: `touch-sign ${name}`, "aria-hidden": "true" }), text);
    return element("p", { class: "touch-caption touch-legend" },
      sign("waiting", "in the queue"), sign("reached", "reached, not visited"), sign("member", "in a sub-cluster"), sign("outside", "outside so far"));
  }

  /* What a point looks like after the steps done so far. */
  function look(p) {
    const seen = visited[p] < done;
    const label = walk.joined[p] >= 0 && walk.joined[p] < done ? walk.label[p] : -1;
    if (label >= 0) return seen ? { fill: color(label) } : { fill: Touch.theme().back, stroke: color(label), width: 2 };
    return seen ? { fill: color(-1) } : { fill: Touch.theme().back, stroke: color(-1) };
  }

  function drawPlane(pen, width, height) {
    const ink = Touch.theme().ink;
    const margin = 14;
    const place = Touch.fit(walk.x, walk.y, width, height, margin);
    const radius = walk.x.length > 200 ? 3 : 4;
    const p = done ? walk.point[done - 1] : -1;
    if (p >= 0 && !walk.in_plane) {
      pen.strokeStyle = ink;
      pen.globalAlpha = 0.35;
      pen.lineWidth = 1;
      for (const q of walk.near[p]) {
        pen.beginPath();
        pen.moveTo(place.x(walk.x[p]), place.y(walk.y[p]));
        pen.lineTo(place.x(walk.x[q]), place.y(walk.y[q]));
        pen.stroke();
      }
      pen.globalAlpha = 1;
    }
    for (const q of walk.queue.toReversed()) dot(pen, place.x(walk.x[q]), place.y(walk.y[q]), radius, look(q));
    if (p < 0) return;
    dot(pen, place.x(walk.x[p]), place.y(walk.y[p]), radius + 3, { stroke: ink, width: 2 });
    if (walk.in_plane) dot(pen, place.x(walk.x[p]), place.y(walk.y[p]), walk.eps * place.scale, { stroke: ink });
  }

  function drawQueue(pen, width, height) {
    const wide = width / walk.queue.length;
    const top = walk.density[walk.queue[0]];
    walk.queue.forEach((p, i) => {
      const style = look(p);
      const high = Math.max(1, (walk.density[p] / top) * (height - 10));
      pen.fillStyle = style.stroke ?? style.fill;
      pen.globalAlpha = visited[p] < done ? 1 : 0.35;
      pen.fillRect(i * wide, height - high, wide > 3 ? wide - 1 : wide, high);
      pen.globalAlpha = 1;
      if (!done || p !== walk.point[done - 1]) return;
      pen.fillStyle = Touch.theme().ink;
      pen.fillRect(i * wide - 1, 0, Math.max(3, wide), 7);
    });
  }

  function drawBalls(pen, width, height) {
    const n = walk.point.length;
    const most = Math.max(...walk.near.map((ball) => ball.length), walk.minpts[0]);
    const x = (at) => 4 + (at / (n - 1)) * (width - 8);
    const y = (value) => height - 4 - (value / most) * (height - 8);
    for (let at = 0; at < done; at++) {
      const p = walk.point[at];
      dot(pen, x(at), y(walk.near[p].length), 2, { fill: look(p).fill });
    }
    pen.beginPath();
    for (let at = 0; at < Math.max(done, 1); at++) {
      if (at) pen.lineTo(x(at), y(walk.minpts[at - 1]));
      pen.lineTo(x(at), y(walk.minpts[at]));
    }
    pen.strokeStyle = Touch.theme().ink;
    pen.lineWidth = 1.5;
    pen.stroke();
  }
});
