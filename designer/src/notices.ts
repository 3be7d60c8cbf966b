/** Tells on the open page what went wrong while something was asked of the server; everything typed stays where it is. */

const place = (): HTMLElement | null => document.getElementById("notice");

export function clearNotice(): void {
  place()?.replaceChildren();
}

/** The server did not answer at all; `again` does what was tried once more. */
export function unreachable(again: () => void): void {
  const words = document.querySelector<HTMLTemplateElement>("#unreachable");
  if (!words) return;
  const notice = words.content.cloneNode(true) as DocumentFragment;
  notice.querySelector("[data-retry]")?.addEventListener("click", () => {
    clearNotice();
    again();
  });
  place()?.replaceChildren(notice);
}

/** The server refused: its own words, or, where something between us and it answered, that it cannot be reached. */
export async function showAnswer(answer: Response, again: () => void): Promise<void> {
  if (!answer.headers.has("Dougong-Notice")) {
    unreachable(again);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place()?.replaceChildren(...page.body.childNodes);
}
