/**
 * A web application with login sessions, for tests that kill it: prints its port as a line, then serves until it is killed.
 *
 * Arguments: url port (0 for any)
 */
import type { AddressInfo } from "node:net";
import { sessionStore } from "../../src/express/session-store.js";
import { expressApp } from "../web/express-app.js";

const [url = "", port = "0"] = process.argv.slice(2);
const server = expressApp(sessionStore({ url })).listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
