import { isServerAddress } from "../config/address.js";
import { shownUrl } from "../open-log.js";
import { waitingFor } from "../outbox/outbox-report.js";

/**
 * What waits on this machine for one of the two servers: it is in neither log yet, so a migration does not carry it over.
 *
 * @param root below it each server's log has its outbox
 */
export async function outboxRisks(root: string, ends: readonly string[]): Promise<string[]> {
  const risks: string[] = [];
  for (const url of ends.filter(isServerAddress)) {
    const waiting = await waitingFor(root, url);
    if (waiting === 0) continue;
    const what = waiting === 1 ? "1 append waits" : `${waiting} appends wait`;
    risks.push(
      `${what} on this machine for ${shownUrl(url)} and will not be copied: send first, sessiondb outbox replay`,
    );
  }
  return risks;
}
