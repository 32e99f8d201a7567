// What a page must keep at every width; each function answers with a list of complaints.
(() => {
  const name = (el) => {
    const text = (el.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${el.tagName.toLowerCase()}${el.id ? "#" + el.id : ""}${el.classList.length ? "." + [...el.classList].join(".") : ""}> “${text}”`;
  };
  const shown = (el) => el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });

  function wide() {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const edge = root.clientWidth;
    const guilty = [...document.body.querySelectorAll("*")].filter((el) => {
      const box = el.getBoundingClientRect();
      return shown(el) && box.width && (box.right > edge + 1 || box.left < -1) && !el.closest(".visually-hidden");
    });
    return [`scrolls sideways (${root.scrollWidth} > ${edge}): ${guilty.slice(0, 3).map(name).join(", ")}`];
  }

  // Amounts and numbers: every letter inside the window and inside whatever clips it.
  function cut() {
    const found = [];
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!/[\d٠-٩][\d٠-٩.,٫٬\s]*[.,٫][\d٠-٩]{2}/.test(node.data) || !shown(node.parentElement)) continue;
      if (node.parentElement.closest(".visually-hidden, pre, code, textarea")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      const scrolls = node.parentElement.closest(".table-scroll[tabindex]");
      let clipped = !scrolls && (box.right > innerWidth + 1 || box.left < -1);
      for (let el = node.parentElement; el && !clipped; el = el.parentElement) {
        if (el.matches(".table-scroll[tabindex]")) break; // meant to be scrolled, by keyboard too
        if (getComputedStyle(el).overflowX === "visible") continue;
        const frame = el.getBoundingClientRect();
        clipped = box.right > frame.right + 1 || box.left < frame.left - 1;
      }
      if (clipped) found.push(`cut off: ${name(node.parentElement)}`);
    }
    return found.slice(0, 5);
  }

  function headings() {
    const firsts = [...document.querySelectorAll("h1")].filter(shown);
    return firsts.length === 1 ? [] : [`${firsts.length} h1: ${firsts.map(name).join(", ")}`];
  }

  // WCAG 2.2 §2.5.8: 24 px, except links in a sentence and what has room around it.
  function small() {
    const targets = [...document.querySelectorAll("a[href], button, input, select, summary, textarea")].filter((el) => {
      if (!shown(el) || el.type === "hidden" || el.closest(".visually-hidden")) return false;
      return el.tagName !== "A" || getComputedStyle(el).display !== "inline";
    });
    return targets.filter((el) => {
      const label = el.labels?.[0];
      const boxes = [el, ...(label ? [label] : [])].map((one) => one.getBoundingClientRect());
      return !boxes.some((box) => box.width >= 23.5 && box.height >= 23.5) && boxes[0].width > 1;
    }).map((el) => `under 24 px: ${name(el)} ${Math.round(el.getBoundingClientRect().width)}×${Math.round(el.getBoundingClientRect().height)}`).slice(0, 5);
  }

  function focused() {
    const el = document.activeElement;
    if (!el || el === document.body) return null;
    const style = getComputedStyle(el), box = el.getBoundingClientRect();
    const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const middle = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, 20) / 2);
    const covered = inside && middle && !el.contains(middle) && !middle.contains(el) && !el.labels?.length;
    return { name: name(el), ring, inside, covered, header: Boolean(el.closest("header")), x: box.left + box.width / 2, y: box.top, panel: Boolean(el.closest(".menu-panel")) };
  }

  window.porticoChecks = { wide, cut, headings, small, focused };
})();
