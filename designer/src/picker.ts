/** A text input that finds a record to link to: an ARIA combobox over the options that the server gives. */
import { showAnswer, unreachable } from "./notices";

let serial = 0;

class Picker extends HTMLElement {
  private text!: HTMLInputElement;
  private value!: HTMLInputElement;
  private list!: HTMLUListElement;
  private timer = 0;
  private request: AbortController | undefined;
  private active = -1;
  private chosen = "";

  connectedCallback(): void {
    const text = this.querySelector<HTMLInputElement>("input[type=text]");
    const value = this.querySelector<HTMLInputElement>("input[type=hidden]");
    if (!text || !value) return;
    this.text = text;
    this.value = value;
    this.chosen = text.value;
    this.querySelector("ul")?.remove();
    this.list = document.createElement("ul");
    this.list.className = "dg-options";
    this.list.id = `options-${++serial}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", text.getAttribute("aria-label") ?? text.labels?.[0]?.textContent?.trim() ?? "");
    this.list.hidden = true;
    this.append(this.list);
    text.addEventListener("input", this.onInput);
    text.addEventListener("focus", this.onFocus);
    text.addEventListener("keydown", this.onKey);
    text.addEventListener("blur", this.onBlur);
    // A change event of the words themselves would redraw the form before anything is chosen.
    text.addEventListener("change", (event) => event.stopPropagation());
    this.list.addEventListener("mousedown", this.onPick);
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  private onFocus = (): void => {
    this.chosen = this.text.value;
    this.text.select();
  };

  private onInput = (event: Event): void => {
    if ((event as InputEvent).isComposing) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.search(), 180);
  };

  private async search(): Promise<void> {
    this.request?.abort();
    this.request = new AbortController();
    const address = `${this.dataset["url"]}?q=${encodeURIComponent(this.text.value.trim())}`;
    try {
      const answer = await fetch(address, { signal: this.request.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok) {
        await showAnswer(answer, () => void this.search());
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.list.replaceChildren(...page.querySelectorAll("li"));
      this.open();
    } catch (error) {
      if ((error as Error).name !== "AbortError") unreachable(() => void this.search());
    }
  }

  private options(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[role=option]")];
  }

  private open(): void {
    // A redraw of the form around it takes away what the server does not know.
    if (!this.list.isConnected) this.append(this.list);
    this.text.setAttribute("aria-controls", this.list.id);
    this.list.hidden = false;
    this.active = -1;
    this.text.setAttribute("aria-expanded", "true");
  }

  private close(): void {
    this.list.hidden = true;
    this.text.setAttribute("aria-expanded", "false");
    this.text.removeAttribute("aria-activedescendant");
  }

  private move(step: number): void {
    const options = this.options();
    if (!options.length) return;
    this.active = (this.active + step + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.active)));
    const now = options[this.active];
    if (now) {
      this.text.setAttribute("aria-activedescendant", now.id);
      now.scrollIntoView({ block: "nearest" });
    }
  }

  private onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) void this.search();
      else this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      const option = this.options()[Math.max(this.active, 0)];
      if (option) this.choose(option);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.text.value = this.chosen;
      this.close();
    }
  };

  private onPick = (event: MouseEvent): void => {
    const option = (event.target as HTMLElement).closest<HTMLElement>("[role=option]");
    event.preventDefault();
    if (option) this.choose(option);
  };

  private onBlur = (): void => {
    this.close();
    if (this.text.value.trim() === "") this.set("", "");
    else this.text.value = this.value.value ? this.chosen : this.text.value;
  };

  private choose(option: HTMLElement): void {
    this.set(option.dataset["id"] ?? "", option.textContent?.trim() ?? "");
    this.close();
  }

  private set(id: string, words: string): void {
    const before = this.value.value;
    this.value.value = id;
    this.text.value = words;
    this.chosen = words;
    if (before !== id) this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("dg-picker", Picker);
