import { RefusedError } from "../errors.js";
import { ask } from "./ask.js";

/**
 * Asks on the terminal. Without one it is refused: a script says --yes.
 *
 * @throws RefusedError CONFIRMATION_NEEDED
 */
export async function confirmed(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  const refused = new RefusedError("CONFIRMATION_NEEDED", `${question}: this was not confirmed`, {
    hint: "add --yes to do it, or --dry-run to see what it would do",
  });
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw refused;
  const answer = await ask(`${question}? [y/N] `);
  if (!/^y(es)?$/i.test(answer?.trim() ?? "")) throw refused;
}
