/** What every page loads: the look, htmx, and the small elements that make plain HTML pages quick. */
import "@tabler/core/dist/css/tabler.css";
import "./app.css";
import "htmx.org";
