/** Says at once which files were chosen and which are too large, so that nobody waits for an upload that must be refused. */

const MEGABYTE = 1_000_000;

function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [number, unit] = bytes < MEGABYTE ? [bytes / 1000, "kB"] : [bytes / MEGABYTE, "MB"];
  return `${number.toFixed(number < 10 ? 1 : 0)} ${unit}`;
}

function tell(input: HTMLInputElement): void {
  const list = document.getElementById(`chosen-${input.id}`);
  if (!list) return;
  const most = Number(input.dataset["maxBytes"]);
  const files = [...(input.files ?? [])];
  list.replaceChildren(
    ...files.map((file) => {
      const line = document.createElement("li");
      line.textContent = `${file.name} (${sizeOf(file.size)})`;
      if (file.size > most) {
        line.className = "text-danger";
        line.append(` · ${input.dataset["tooLarge"] ?? ""}`);
      }
      return line;
    }),
  );
  list.hidden = files.length === 0;
}

const fileInputs = (root: ParentNode): HTMLInputElement[] => [...root.querySelectorAll<HTMLInputElement>("input[type=file][data-max-bytes]")];

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.matches("input[type=file][data-max-bytes]")) tell(event.target);
});

/** The form is drawn again while it is filled in; what was chosen stays in the input and is said again. */
document.addEventListener("htmx:after:swap", () => fileInputs(document).forEach(tell));

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const inputs = fileInputs(form);
  const large = inputs.find((input) => [...(input.files ?? [])].some((file) => file.size > Number(input.dataset["maxBytes"])));
  if (large) {
    event.preventDefault();
    event.stopImmediatePropagation();
    large.focus();
  }
});

/** Coming back by the browser's own button, what was chosen is said again. */
addEventListener("pageshow", () => fileInputs(document).forEach(tell));
