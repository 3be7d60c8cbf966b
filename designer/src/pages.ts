/** What plain pages gain with scripts: menus that close, rows that open, bulk choice, keys, toasts, warnings before losing input. */

const closest = <T extends Element>(target: EventTarget | null, selector: string): T | null =>
  target instanceof Element ? target.closest<T>(selector) : null;

function typing(target: EventTarget | null): boolean {
  return closest(target, "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

// A list changes its address without the page around it being drawn anew: the export takes what is shown now.
document.addEventListener("click", (event) => {
  const live = (event.target as Element).closest<HTMLAnchorElement>("a[data-live-href]");
  if (!live) return;
  const asked = new URLSearchParams(location.search);
  for (const name of ["limit", "cursor", "from"]) asked.delete(name);
  live.href = `${location.pathname}/${live.dataset.liveHref}?${asked}`;
}, { capture: true });
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll<HTMLDetailsElement>("details.dg-drop[open]")) {
    if (!open.contains(event.target as Node)) open.open = false;
  }
  const closer = closest(event.target, "[data-close]");
  if (closer) (closer.closest("[data-toast]") ?? closer.closest("[data-notice] > *"))?.remove();
  const copier = closest<HTMLElement>(event.target, "[data-copy]");
  const source = copier?.parentElement?.querySelector("input");
  if (copier && source) {
    void navigator.clipboard.writeText(source.value).then(() => {
      copier.textContent = copier.dataset["copy"] ?? "";
    });
  }
  openRow(event);
});

function openRow(event: MouseEvent): void {
  const row = closest<HTMLElement>(event.target, "tr[data-href]");
  if (!row || closest(event.target, "a, button, input, label, summary") || window.getSelection()?.toString()) return;
  const address = row.dataset["href"] ?? "";
  if (event.ctrlKey || event.metaKey) window.open(address, "_blank", "noopener");
  else location.assign(address);
}

document.addEventListener("change", (event) => {
  const box = event.target as HTMLInputElement;
  const form = closest<HTMLFormElement>(box, "[data-bulk]");
  if (!form) return;
  const boxes = [...form.querySelectorAll<HTMLInputElement>("tbody input[name=id]")];
  if (box.matches("[data-all]")) for (const each of boxes) each.checked = box.checked;
  const count = boxes.filter((each) => each.checked).length;
  const bar = form.querySelector<HTMLElement>("[data-bulk-bar]");
  if (bar) bar.hidden = count === 0;
  const shown = form.querySelector("[data-count]");
  if (shown) shown.textContent = String(count);
  const all = form.querySelector<HTMLInputElement>("[data-all]");
  if (all) {
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const chosen = form.querySelectorAll("tbody input[name=id]:checked").length;
  const question = (chosen === 1 && form.dataset["confirmOne"]) || form.dataset["confirm"]?.replace("{count}", String(chosen));
  const theme = event.submitter instanceof HTMLButtonElement && event.submitter.name === "theme" ? event.submitter.value : "";
  if (theme) {
    event.preventDefault();
    recolour(form, theme);
  } else if ((question && !window.confirm(question)) || !leaving(form)) event.preventDefault();
});

/** Light or dark where one stands: nothing is loaded anew, so nothing is lost; the server remembers it for the next page. */
function recolour(form: HTMLFormElement, theme: string): void {
  const sent = new FormData(form);
  sent.set("theme", theme);
  document.documentElement.dataset["bsTheme"] = theme;
  form.querySelector<HTMLButtonElement>(`button[name=theme]:not([value=${CSS.escape(theme)}])`)?.focus();
  const body = new URLSearchParams([...sent].map(([name, value]): [string, string] => [name, String(value)]));
  void fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => undefined);
}

/** Whether to go on with what leaves the page: asked only where a form holds something that would be lost. */
function leaving(form: HTMLFormElement): boolean {
  const changed = document.querySelector<HTMLFormElement>("form[data-changed]");
  if (!changed || form === changed || form.method === "get") return true;
  if (!window.confirm(changed.dataset["unsaved"] ?? "")) return false;
  changed.removeAttribute("data-changed");
  return true;
}

document.addEventListener("input", (event) => {
  closest(event.target, "form[data-form]")?.setAttribute("data-changed", "");
});
addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-changed]")) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const form = closest<HTMLFormElement>(event.target, "form[data-form]");
  if (form && (event.ctrlKey || event.metaKey) && (event.key === "Enter" || event.key === "s")) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.key === "Escape") {
    const open = closest<HTMLDetailsElement>(event.target, "details.dg-drop[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary")?.focus();
    }
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const wanted = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(event.key)}"]`);
  if (wanted) {
    event.preventDefault();
    if (wanted instanceof HTMLInputElement) wanted.focus();
    else wanted.click();
  } else if (event.key === "j" || event.key === "k") {
    moveRow(event.key === "j" ? 1 : -1);
  }
});

function moveRow(step: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("#list a.dg-lead")];
  if (!links.length) return;
  const now = links.indexOf(document.activeElement as HTMLAnchorElement);
  links[Math.min(Math.max(now + step, 0), links.length - 1)]?.focus();
}

/** Leaves the address of a filtered list readable: what says nothing does not stand in it. */
document.addEventListener("formdata", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.method !== "get") return;
  for (const [name, value] of [...event.formData.entries()]) {
    if (value === "" && event.formData.getAll(name).length === 1) event.formData.delete(name);
  }
});

document.addEventListener("click", (event) => {
  const button = closest<HTMLButtonElement>(event.target, "[data-add], [data-remove]");
  const body = button?.closest<HTMLElement>("#form-body");
  if (!button || !body) return;
  body.closest("form")?.setAttribute("data-changed", "");
});

document.addEventListener("change", (event) => {
  closest<HTMLSelectElement>(event.target, "select[data-submit]")?.form?.requestSubmit();
});

/** On the mapping page of an import, only columns that go into a date ask for its format. */
document.addEventListener("change", (event) => {
  const chosen = closest<HTMLSelectElement>(event.target, "form[data-mapping] select[name^=c]");
  const format = chosen?.closest("tr")?.querySelector("select[name^=d]");
  format?.toggleAttribute("data-idle", chosen?.selectedOptions[0]?.hasAttribute("data-dated") !== true);
});

/** The code of a set-up link stands behind the #, where no server sees it, and not in the address for longer than needed. */
const coded = document.querySelector<HTMLInputElement>("[data-from-hash]");
if (coded && location.hash.length > 1) {
  coded.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  document.querySelector<HTMLInputElement>("#setup-new")?.focus();
}

/** What needs attention takes the keys; else, on an empty form, its first field, where no keyboard would cover the screen. */
function focusFirst(): void {
  const urgent = document.querySelector<HTMLElement>("[data-focus]");
  const first = document.querySelector<HTMLElement>(
    "form[data-fresh] #form-body :is(input:not([type=hidden], [type=file]), select, textarea):not([readonly], [disabled])",
  );
  if (urgent) urgent.focus();
  else if (first && window.matchMedia("(pointer: fine)").matches) first.focus({ preventScroll: true });
}
focusFirst();

const toast = document.querySelector<HTMLElement>("[data-toast]");
if (toast && !toast.querySelector("form, a")) window.setTimeout(() => toast.remove(), 6000);
