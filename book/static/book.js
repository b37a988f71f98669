// The book needs no script to be read. This one lets the keyboard reach what scrolls, and turns the stored positions of a
// lesson's sliders, which stand side by side, into sliders again.

"use strict";

function letScroll() {
  for (const box of document.querySelectorAll("pre, .table-wrapper, .formula, .sidebar-scroll, .toc-scroll")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (!scrolls) {
      box.removeAttribute("tabindex");
    } else if (!box.hasAttribute("tabindex")) {
      box.tabIndex = 0;
    }
  }
}

function makeSliders(box) {
  const positions = [...box.querySelectorAll(".position")];
  const values = positions.map((position) => JSON.parse(position.dataset.values));
  const choices = {};
  for (const name of Object.keys(values[0])) {
    choices[name] = [...new Set(values.map((value) => value[name]))];
  }
  let names = Object.keys(choices).filter((name) => choices[name].length > 1);
  const grid = names.reduce((count, name) => count * choices[name].length, 1) === positions.length;
  if (!grid) {
    names = ["position"];
    choices.position = positions.map((_, number) => `${number + 1} of ${positions.length}`);
    values.forEach((value, number) => { value.position = choices.position[number]; });
  }

  const controls = document.createElement("div");
  controls.className = "sliders";
  controls.setAttribute("role", "group");
  controls.setAttribute("aria-label", "Stored positions of the sliders");
  const inputs = {};
  function show() {
    const chosen = {};
    for (const name of names) {
      chosen[name] = choices[name][inputs[name].value];
      inputs[name].setAttribute("aria-valuetext", chosen[name]);
      inputs[name].nextElementSibling.textContent = chosen[name];
    }
    positions.forEach((position, number) => {
      position.hidden = names.some((name) => values[number][name] !== chosen[name]);
    });
  }
  for (const name of names) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const output = document.createElement("output");
    Object.assign(input, { type: "range", min: 0, max: choices[name].length - 1, step: 1, value: 0 });
    input.addEventListener("input", show);
    label.append(name, input, output);
    controls.append(label);
    inputs[name] = input;
  }
  box.before(controls);
  show();
}

document.querySelectorAll(".positions").forEach(makeSliders);
letScroll();
addEventListener("resize", letScroll);
addEventListener("load", letScroll);
