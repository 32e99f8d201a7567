// The surface to draw a signature on. Without this a typed name is the signature.
(() => {
  "use strict";

  const INK = "#111827", STEP = 2;

  function begin(form) {
    const ways = form.querySelector("[data-sign-ways]");
    if (!ways || !ways.hidden) return; // none, or begun already
    const pad = form.querySelector("[data-sign-pad]"), canvas = pad.querySelector("canvas");
    const kept = form.querySelector("[data-sign-drawing]"), typed = form.querySelector("[data-sign-typed]");
    const name = form.querySelector('[name="name"]'), shown = form.querySelector("[data-sign-name]");
    const pen = canvas.getContext("2d");
    let strokes = read(kept.value), stroke = null;

    function choose() {
      const drawn = form.querySelector('[name="method"]:checked').value === "drawn";
      pad.hidden = !drawn;
      typed.hidden = drawn;
    }

    function draw() {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      pen.strokeStyle = pen.fillStyle = INK;
      pen.lineWidth = 3;
      pen.lineCap = pen.lineJoin = "round";
      for (const one of strokes) {
        pen.beginPath();
        pen.moveTo(one[0][0], one[0][1]);
        for (const [x, y] of one.length > 1 ? one : [one[0], one[0]]) pen.lineTo(x, y);
        pen.stroke();
      }
    }

    function place(event) {
      const box = canvas.getBoundingClientRect(), most = (value, end) => Math.max(0, Math.min(end, Math.round(value)));
      return [
        most(((event.clientX - box.left) / box.width) * canvas.width, canvas.width),
        most(((event.clientY - box.top) / box.height) * canvas.height, canvas.height),
      ];
    }

    function keep() {
      kept.value = strokes.length ? JSON.stringify(strokes) : "";
    }

    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      stroke = [place(event)];
      strokes.push(stroke);
      draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!stroke) return;
      const [x, y] = place(event), last = stroke[stroke.length - 1];
      if (Math.abs(x - last[0]) + Math.abs(y - last[1]) < STEP) return;
      stroke.push([x, y]);
      draw();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => { stroke = null; keep(); });
    }
    form.querySelector("[data-sign-clear]").addEventListener("click", () => { strokes = []; keep(); draw(); });
    ways.addEventListener("change", choose);
    name.addEventListener("input", () => { shown.textContent = name.value; });
    ways.hidden = false;
    choose();
    draw();
  }

  function read(text) {
    try {
      return JSON.parse(text || "[]");
    } catch {
      return [];
    }
  }

  function all() {
    for (const form of document.querySelectorAll("[data-sign]")) begin(form);
  }

  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:load", all);
})();
