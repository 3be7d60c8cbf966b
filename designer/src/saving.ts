/** Saves a form without leaving its page: until the server has taken it, all that was typed and chosen is still there. */
import htmx from "htmx.org";
import { clearNotice, showAnswer, unreachable } from "./notices";

interface Exchange {
  sourceElement: HTMLElement;
  request: { method: string; action: string };
  response?: { status: number; headers: Headers };
  target: unknown;
  swap: string;
}
const exchange = (event: Event): Exchange => (event as CustomEvent<{ ctx: Exchange }>).detail.ctx;

let changedAt = 0;
let savedAt = 0;
document.addEventListener("change", (event) => (changedAt = event.timeStamp), true);

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || !form.matches("form[data-form]")) return;
  event.preventDefault();
  void save(form, event.submitter);
});

async function save(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  if (form.ariaBusy === "true") return;
  const button = submitter?.isConnected ? (submitter as HTMLButtonElement) : null;
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const body = new FormData(form, button);
  const again = (): void => void save(form, submitter);
  savedAt = performance.now();
  clearNotice();
  const idle = wait(form, button);
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { "Dougong-Form": "save" } });
    const target = answer.headers.get("Dougong-Location");
    if (target) {
      form.removeAttribute("data-changed");
      // In place of the form, so that going back leads to where one came from and not to a form that is done with.
      location.replace(target);
      return;
    }
    const drawn = answer.headers.get("Dougong-Form");
    if (drawn) await redraw(form, await answer.text(), drawn === "read");
    else await showAnswer(answer, again);
  } catch {
    unreachable(again);
  }
  idle();
}

/** What the server says about the form takes its place. Files that it has read are listed there and not sent again. */
async function redraw(form: HTMLFormElement, text: string, read: boolean): Promise<void> {
  const target = form.querySelector<HTMLElement>("#form-body");
  if (!target) return;
  if (read) for (const input of form.querySelectorAll<HTMLInputElement>("input[type=file]")) input.value = "";
  await htmx.swap({ sourceElement: target, target, text, swap: "outerMorph" });
  const told = form.querySelector<HTMLElement>("[data-focus]");
  told?.focus();
  told?.scrollIntoView({ block: "center" });
}

/** Shows that the form is being saved; gives what ends that. */
function wait(form: HTMLFormElement, submitter: HTMLElement | null): () => void {
  const button = submitter?.closest(".dg-save") ? submitter : form.querySelector<HTMLElement>(".dg-save .btn-primary");
  const files = [...form.querySelectorAll<HTMLInputElement>("input[type=file]")].some((input) => input.files?.length);
  const told = document.createElement("span");
  told.className = "text-secondary dg-saving";
  told.setAttribute("role", "status");
  told.textContent = (files ? form.dataset["sending"] : form.dataset["saving"]) ?? "";
  form.ariaBusy = "true";
  button?.classList.add("btn-loading");
  button?.after(told);
  return () => {
    form.ariaBusy = null;
    for (const each of form.querySelectorAll(".btn-loading")) each.classList.remove("btn-loading");
    for (const each of form.querySelectorAll(".dg-saving")) each.remove();
  };
}

/** While a form is saved, and until something is changed after that, a redraw would only take away what saving it told. */
document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement } = exchange(event);
  const form = sourceElement.closest("form[data-form]");
  if (form && (form.ariaBusy === "true" || (sourceElement.id === "form-body" && changedAt < savedAt))) event.preventDefault();
});

document.addEventListener("htmx:before:response", (event) => {
  const asked = exchange(event);
  const { status, headers } = asked.response ?? { status: 0, headers: new Headers() };
  const form = asked.sourceElement.closest("form[data-form]");
  if (form?.ariaBusy === "true") event.preventDefault();
  if (status < 500 || headers.has("Dougong-Notice")) return;
  event.preventDefault();
  unreachable(() => repeat(asked));
});

document.addEventListener("htmx:error", (event) => {
  const asked = exchange(event);
  if (asked?.request && !asked.response) unreachable(() => repeat(asked));
});

function repeat({ sourceElement, request, target, swap }: Exchange): void {
  if (sourceElement instanceof HTMLButtonElement) sourceElement.click();
  else if (sourceElement.id === "form-body") sourceElement.dispatchEvent(new Event("change", { bubbles: true }));
  else void htmx.ajax(request.method, request.action, { source: sourceElement, target: target as HTMLElement, swap });
}

document.addEventListener("htmx:after:swap", (event) => {
  const status = exchange(event)?.response?.status ?? 0;
  if (status >= 200 && status < 400) clearNotice();
});

/** Back from logging in elsewhere: the form is drawn anew with what it holds, for the new session. */
addEventListener("focus", () => {
  if (document.querySelector("#notice [data-session]")) {
    document.querySelector("#form-body")?.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

/** A page that the browser kept whole, shown again by its own button, is not being saved any more. */
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-form]")) form.ariaBusy = null;
});
