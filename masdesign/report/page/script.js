"use strict";
// Sorting, searching and shortening tables. Without this script every table is whole, in its first order.
(() => {
  const number = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
  };

  const compare = (a, b, numeric, falling) => {
    if (a === "" || b === "") return (a === "") - (b === ""); // what has no value comes last, either way
    const order = numeric ? Number(a) - Number(b) : number.compare(a, b);
    return falling ? -order : order;
  };

  const prepare = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const textOf = new Map(rows.map((row, place) => [row, texts[place]]));
    const tools = document.querySelector(`[data-tools="${table.id}"]`);
    const search = tools && tools.querySelector("input");
    const count = tools && tools.querySelector("output");
    const all = tools && tools.querySelector("button");
    let limit = Number(table.dataset.limit || Infinity);
    let order = rows;

    const show = () => {
      const words = search ? search.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
      let fitting = 0;
      for (const row of order) {
        const fits = words.every((word) => textOf.get(row).includes(word));
        fitting += fits;
        row.hidden = !fits || fitting > limit;
      }
      if (count) {
        const shown = Math.min(fitting, limit);
        count.textContent = `${shown} of ${rows.length} shown` + (fitting > shown ? `, ${fitting} fit` : "");
      }
      if (all) all.hidden = fitting <= limit;
    };

    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.dataset.sort === undefined) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const numeric = head.dataset.sort === "number";
        const before = head.getAttribute("aria-sort");
        const falling = before === null ? numeric : before === "ascending";
        table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        const keyed = rows.map((row) => [valueOf(row, column), row]);
        keyed.sort((a, b) => compare(a[0], b[0], numeric, falling));
        order = keyed.map((pair) => pair[1]);
        body.append(...order);
        show();
      });
    });

    if (tools) tools.hidden = false;
    if (search) search.addEventListener("input", show);
    if (all) all.addEventListener("click", () => { limit = Infinity; show(); });
    // A link to a row that is not shown shows it.
    const target = () => {
      const row = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
      if (row && rows.includes(row) && row.hidden) {
        if (search) search.value = "";
        limit = Infinity;
        show();
        row.scrollIntoView();
      }
    };
    addEventListener("hashchange", target);
    show();
    target();
  };

  document.querySelectorAll("table[data-sortable]").forEach(prepare);
})();
