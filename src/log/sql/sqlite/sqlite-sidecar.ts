import type Database from "better-sqlite3";
import { assertSidecarName, type Sidecar } from "../../sidecar.js";
import type { RunOnLog } from "./run-on-log.js";

/** The table `sidecar`: names are ASCII, so SQLite's order of bytes is the order of UTF-16 units. */
export class SqliteSidecar implements Sidecar {
  readonly #run: RunOnLog;
  readonly #read: Database.Statement;
  readonly #write: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #list: Database.Statement;

  constructor(db: Database.Database, run: RunOnLog) {
    this.#run = run;
    this.#read = db.prepare("SELECT body FROM sidecar WHERE name = ?").pluck();
    this.#write = db.prepare(
      "INSERT INTO sidecar (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    );
    this.#remove = db.prepare("DELETE FROM sidecar WHERE name = ?");
    this.#list = db.prepare("SELECT name FROM sidecar WHERE name >= ? ORDER BY name").pluck();
  }

  async read(name: string): Promise<string | null> {
    assertSidecarName(name);
    return this.#run("sidecar.read", () => (this.#read.get(name) as string | undefined) ?? null);
  }

  async write(name: string, text: string): Promise<void> {
    assertSidecarName(name);
    await this.#run("sidecar.write", () => this.#write.run(name, text));
  }

  async remove(name: string): Promise<void> {
    assertSidecarName(name);
    await this.#run("sidecar.remove", () => this.#remove.run(name));
  }

  async list(prefix: string): Promise<string[]> {
    return this.#run("sidecar.list", () => {
      const names: string[] = [];
      for (const name of this.#list.iterate(prefix) as IterableIterator<string>) {
        if (!name.startsWith(prefix)) break;
        names.push(name);
      }
      return names;
    });
  }
}
