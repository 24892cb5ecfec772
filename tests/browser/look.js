"use strict";
// What the tests ask a page, in the page: put into it after it was loaded, under the one name `look`.
globalThis.look = (() => {
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const isSeen = node => node.checkVisibility({visibilityProperty: true, opacityProperty: true}) && node.getBoundingClientRect().width > 0;
  const named = node => node.tagName.toLowerCase() + (node.id ? "#" + node.id : "") + " \u201c" +
    (node.getAttribute("aria-label") || node.textContent).trim().slice(0, 40) + "\u201d";

  // Whether a drawn box lies in the picture; a line may stick out by half its stroke.
  const isWithin = (box, picture) => box.x >= picture.x - 1 && box.y >= picture.y - 1 &&
    box.x + box.width <= picture.x + picture.width + 1 && box.y + box.height <= picture.y + picture.height + 1;

  // Each plot: its lines by name with how long they are, its cells, and what is drawn outside of it.
  function plots() {
    return all("figure.plot").map(figure => {
      const svg = figure.querySelector(".canvas svg"), picture = svg.viewBox.baseVal;
      const legend = all(".legend > span", figure), paths = all("path.line", svg);
      const drawn = all("path, text, line:not([visibility=hidden])", svg).filter(node => node.getAttribute("d") !== "");
      return {
        title: figure.querySelector(".name").textContent,
        isSeen: isSeen(svg) && svg.getBoundingClientRect().height > 100,
        lines: paths.map((path, i) => ({name: legend[i].firstChild.nextSibling.textContent.trim(), length: path.getAttribute("d") ? path.getTotalLength() : 0,
          isInked: getComputedStyle(path).stroke !== "none", value: legend[i].querySelector(".value").innerText})),
        cells: all("path.heat", svg).filter(path => Number(getComputedStyle(path).fillOpacity) > 0).reduce((n, path) => n + path.getAttribute("d").split("M").length - 1, 0),
        texts: all("text", svg).length,
        outside: drawn.filter(node => !isWithin(node.getBBox(), picture)).map(node => node.tagName + " " + (node.textContent || node.getAttribute("class"))),
      };
    });
  }

  // What sticks out to the right, unless it can be scrolled to in a box of its own.
  function overflow() {
    const wide = document.documentElement.clientWidth;
    const scrolls = node => node && node !== document.body && (/auto|scroll|hidden/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
    const out = all("body *").filter(node => isSeen(node) && node.getBoundingClientRect().right > wide + 0.5 && !scrolls(node.parentElement));
    const most = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
    return out.slice(0, 5).map(named).concat(most > wide ? ["the page is " + most + " wide in a window of " + wide] : []);
  }

  // Everything a person can do something with, or scroll in.
  let reachable = [];
  function begin() {
    document.activeElement.blur();
    const scrolls = node => node.scrollWidth > node.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(node).overflowX) && !node.querySelector("a[href], button, summary");
    reachable = all("body *").filter(node => isSeen(node) && (node.matches("a[href], button, input, select, summary, [tabindex='0']") || scrolls(node)));
    return reachable.map(named);
  }

  // Where the keyboard is: its place in what `begin` gave, -1 for nowhere.
  function focus() {
    const node = document.activeElement, style = getComputedStyle(node);
    return {at: reachable.indexOf(node), name: named(node), isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0};
  }

  const middle = node => {
    node.scrollIntoView({block: "center"});
    const box = node.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const isInWindow = node => isSeen(node) && node.getBoundingClientRect().bottom > 0 && node.getBoundingClientRect().top < innerHeight;

  // Whether it lies in the window of each box it can be scrolled in.
  function isShownWhole(node) {
    const box = node.getBoundingClientRect();
    for (let up = node.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== "visible" && box.right > up.getBoundingClientRect().right + 0.5) return false;
    }
    return isSeen(node) && box.right <= innerWidth;
  }

  // A picture of the cursor of all plots.
  const cursors = () => all(".cursor").map(line => line.getAttribute("visibility") === "visible" ? line.getAttribute("x1") : "hidden");
  return {all, isSeen, named, plots, overflow, begin, focus, middle, isInWindow, isShownWhole, cursors};
})();
