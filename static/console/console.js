/* Keys and dialogs of the worklist and the pages it leads to. Everything works without them. */

/* What the merge as it stands in the form would give: fetched again at every pick. */
function keepSurvivorCurrent(area) {
  const form = document.getElementById(area.dataset.liveForm || "");
  const place = document.getElementById("survivor");
  if (!form || !place) return;
  let running = null;

  async function refresh() {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(area.dataset.liveUrl, {
        method: "POST",
        body: new FormData(form),
        signal: running.signal,
      });
      if (!answer.ok) return;
      place.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") place.textContent = "The preview cannot be reached.";
      return;
    }
    place.querySelectorAll("[data-of]").forEach((told) => {
      const cell = area.querySelector(`[data-result="${CSS.escape(told.dataset.of)}"]`);
      if (cell) cell.replaceChildren(...told.childNodes);
    });
  }

  document.querySelectorAll("[data-live]").forEach((input) => {
    input.addEventListener("change", refresh);
  });
}

document.addEventListener("DOMContentLoaded", () => {
  // A busy browser may leave autofocus out; whoever works by keys counts on it.
  document.querySelector("form.panel [autofocus]")?.focus();
  const area = document.querySelector("[data-console]");
  if (!area) return;

  keepSurvivorCurrent(area);
  const help = document.getElementById("keys");
  document.querySelectorAll("[data-help]").forEach((button) => {
    button.addEventListener("click", () => help.showModal());
  });

  const rows = [...area.querySelectorAll("table.queue tbody tr")];
  let at = -1;

  function move(step) {
    if (!rows.length) return;
    at = Math.min(Math.max(at + step, 0), rows.length - 1);
    rows.forEach((row, place) => row.classList.toggle("at", place === at));
    const link = rows[at].querySelector("a.open");
    link.focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  }

  function choose() {
    const box = rows[at] && rows[at].querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  }

  rows.forEach((row, place) => {
    row.addEventListener("focusin", () => {
      at = place;
      rows.forEach((other) => other.classList.toggle("at", other === row));
    });
  });

  function evidence() {
    const link = rows[at] && rows[at].querySelector("a.open");
    if (link) window.location.assign(`${link.href}?at=evidence`);
  }

  // A deed means the chosen items or, where none is chosen, the one the reader is at.
  function chooseForDeed() {
    if (at >= 0 && !rows.some((row) => row.querySelector("input[type=checkbox]:checked"))) choose();
  }

  const here = { j: () => move(1), k: () => move(-1), x: choose, e: evidence };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) return;
    const control = area.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (control) {
      event.preventDefault();
      if ("chosen" in control.dataset) chooseForDeed();
      control.click();
    } else if (rows.length && here[event.key]) {
      event.preventDefault();
      here[event.key]();
    }
  });
});

/* The slider of the timeline shows its version at once, and asks for it when it is let go. */
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("input[type=range][data-submit]").forEach((slider) => {
    const told = slider.form.querySelector("output");
    slider.addEventListener("input", () => { told.textContent = slider.value; });
    slider.addEventListener("change", () => slider.form.requestSubmit());
  });
});
