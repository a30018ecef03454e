import { signal } from "@preact/signals";
import { equivalentOf } from "../commands.js";
import { at, hello } from "../live.js";
import { linkTo, place } from "../place.js";
import { shownCollab, shownSession } from "../walk.js";
import { paneJson } from "./pane-json.js";

/** What the last copy said; read out to those who do not see it. */
export const copied = signal("");

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    copied.value = `${what} copied`;
  } catch {
    copied.value = `the browser does not allow copying: ${text}`;
  }
}

export function currentCli(): string {
  return equivalent().cli;
}

function equivalent() {
  const store = hello.value?.store ?? "";
  return equivalentOf({
    ...{ place: place.value, at: at.value, store },
    ...{ session: shownSession.value, collab: shownCollab.value || null },
  });
}

/** The view as something else. */
export function CopyButtons() {
  const link = () => new URL(linkTo({ at: at.value }), location.href).href;
  return (
    <div class="copies">
      <span class="label">Copy as</span>
      <button type="button" onClick={() => copy(JSON.stringify(paneJson.value ?? null, null, 2), "JSON")}>
        JSON
      </button>
      <button type="button" title={currentCli()} onClick={() => copy(equivalent().cli, "command")}>
        CLI
      </button>
      <button type="button" onClick={() => copy(JSON.stringify(equivalent().mcp), "MCP call")}>
        MCP
      </button>
      <button type="button" onClick={() => copy(link(), "link")}>
        Link
      </button>
    </div>
  );
}
