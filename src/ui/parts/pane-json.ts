import { signal } from "@preact/signals";

/** The answer that the open pane shows, for copying. */
export const paneJson = signal<unknown>(undefined);
