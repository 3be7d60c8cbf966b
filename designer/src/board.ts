/** Boards: a card goes into another lane by mouse, finger, Ctrl with an arrow key, or from its menu; the server decides whether it stays. */
import htmx from "htmx.org";
import type Sortable from "sortablejs";
import { clearNotice, showAnswer, unreachable } from "./notices";

const ready = new WeakSet<HTMLElement>();
let dragging: Promise<{ default: typeof Sortable }> | undefined;

const cardOf = (element: Element | null): HTMLElement | null => element?.closest<HTMLElement>("[data-board] [data-record]") ?? null;
const laneOf = (element: Element | null): HTMLElement | null => element?.closest<HTMLElement>("[data-lane]") ?? null;

function start(): void {
  const board = document.querySelector<HTMLElement>("[data-board]");
  if (!board?.querySelector("[data-movable]")) return;
  // Loaded where there is a board only: other pages have no use for it.
  dragging ??= import("sortablejs");
  void dragging.then(({ default: Sorting }) => {
    for (const lane of board.querySelectorAll<HTMLElement>("[data-lane]")) {
      if (ready.has(lane)) continue;
      ready.add(lane);
      Sorting.create(lane, {
        group: "lanes",
        draggable: "[data-record]",
        filter: "[data-record]:not([data-movable])",
        preventOnFilter: false,
        sort: false,
        animation: 120,
        delay: 150,
        delayOnTouchOnly: true,
        ghostClass: "dg-ghost",
        onEnd: ({ item, from, to }) => {
          if (from !== to) void move(item, from, to);
        },
      });
    }
  });
}

/** Asks the server to change the field; the list is then drawn as it stands there, whatever came of it. */
async function move(card: HTMLElement, from: HTMLElement, to: HTMLElement): Promise<void> {
  const board = card.closest<HTMLElement>("[data-board]");
  if (!board) return;
  const { record = "", version = "" } = card.dataset;
  const body = new URLSearchParams({
    csrf: document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "",
    field: board.dataset["field"] ?? "",
    value: to.dataset["lane"] ?? "",
    was: from.dataset["lane"] ?? "",
    version,
  });
  const what = card.querySelector(".dg-lead")?.textContent ?? "";
  const told = (board.dataset["moved"] ?? "").replace("{what}", what).replace("{lane}", to.dataset["title"] ?? "");
  clearNotice();
  card.ariaBusy = "true";
  let moved = false;
  try {
    const answer = await fetch(`${board.dataset["board"]}/${record}/set`, { method: "POST", body, headers: { "Dougong-Form": "save" } });
    moved = answer.ok;
    if (!moved) await showAnswer(answer, () => void move(card, from, to));
  } catch {
    unreachable(() => void move(card, from, to));
  }
  card.ariaBusy = null;
  await redraw();
  if (moved) say(told);
  document.querySelector<HTMLElement>(`[data-record="${CSS.escape(record)}"] .dg-lead`)?.focus({ preventScroll: true });
}

async function redraw(): Promise<void> {
  const target = document.querySelector<HTMLElement>("#list");
  if (!target) return;
  try {
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list" };
    const answer = await fetch(location.href, { headers });
    if (answer.ok) await htmx.swap({ sourceElement: target, target, text: await answer.text(), swap: "innerMorph" });
  } catch {
    unreachable(() => void redraw());
  }
}

function say(words: string): void {
  const place = document.querySelector("[data-told]");
  if (place) place.textContent = words;
}

function moveBy(card: HTMLElement, step: number): void {
  const from = laneOf(card);
  const lanes = [...document.querySelectorAll<HTMLElement>("[data-board] [data-lane]")];
  const to = from && lanes[lanes.indexOf(from) + step];
  if (from && to) void move(card, from, to);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || !(event.ctrlKey || event.metaKey) || (event.key !== "ArrowRight" && event.key !== "ArrowLeft")) return;
  const card = cardOf(event.target as Element);
  if (!card?.hasAttribute("data-movable")) return;
  event.preventDefault();
  moveBy(card, event.key === "ArrowRight" ? 1 : -1);
});

document.addEventListener("click", (event) => {
  const card = (event.target as Element).closest("[data-move]") ? cardOf(event.target as Element) : null;
  const dialog = document.querySelector<HTMLDialogElement>("[data-move-to]");
  const from = laneOf(card);
  if (!card || !dialog || !from) return;
  for (const button of dialog.querySelectorAll<HTMLButtonElement>(".dg-choices button")) {
    button.hidden = button.value === from.dataset["lane"];
    button.onclick = () => {
      const to = [...document.querySelectorAll<HTMLElement>("[data-lane]")].find((lane) => lane.dataset["lane"] === button.value);
      if (to) void move(card, from, to);
    };
  }
  dialog.showModal();
});

document.addEventListener("htmx:after:swap", start);
start();
