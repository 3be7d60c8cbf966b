/** What every page loads: the look, htmx, and the small elements that make plain HTML pages quick. */
import "@tabler/core/dist/css/tabler.css";
import "./app.css";
import htmx from "htmx.org";
import "./board";
import "./picker";
import "./files";
import "./pages";
import "./saving";

declare global {
  interface Window {
    htmx: unknown;
  }
}

htmx.config.history = "reload";
// An opened menu stays open while the list behind it is redrawn.
htmx.config.morphIgnore = ["data-htmx-powered", "open"];

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = (event as CustomEvent<{ ctx: { request: { method: string; headers: Record<string, string> } } }>).detail;
  if (ctx.request.method !== "GET") {
    ctx.request.headers["X-CSRF-Token"] = document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";
  }
});
