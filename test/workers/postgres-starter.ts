/** For the test of the harness: starts a Postgres, prints its URL, and waits to be killed. */
import { startPostgres } from "../support/postgres.js";

const server = await startPostgres({});
process.stdout.write(`${server.url}\n`);
setInterval(() => undefined, 1000);
