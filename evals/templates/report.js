"use strict";
(() => {
  const form = document.querySelector("form.filters");
  if (!form) return;
  const rows = [...document.querySelectorAll(".sample[data-id]")];
  const shown = document.querySelector("#shown");
  const apply = () => {
    const { type, fault, text } = form.elements;
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = (!type.value || row.dataset.type === type.value)
        && (!fault.value || row.dataset.faults.split("|").includes(fault.value))
        && (!wanted || row.textContent.toLowerCase().includes(wanted));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} shown`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
