/**
 * Holds the write lock of a log, prints "held", and waits to be killed. With "exclusive" a SQLite file cannot even be read.
 *
 * Arguments: path [exclusive]
 */
import Database from "better-sqlite3";
import { FileLock } from "../../src/files/file-lock.js";

const [path = "", exclusive] = process.argv.slice(2);
if (path.endsWith(".jsonl")) {
  await new FileLock(`${path}.lock`, 1000).hold(async () => {
    process.stdout.write("held\n");
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  });
} else {
  const db = new Database(path);
  if (exclusive !== undefined) db.pragma("locking_mode = EXCLUSIVE");
  db.exec("BEGIN EXCLUSIVE; INSERT INTO sidecar VALUES ('lock', '')");
  process.stdout.write("held\n");
  setInterval(() => db.open, 1000); // one that nobody names any more is closed (better-sqlite3 13)
}
