import { assertSidecarName, type Sidecar } from "../../sidecar.js";
import type { PgSession } from "./connection/pg-session.js";
import { type Statement, statement, type Tables } from "./connection/statement.js";
import { DURABLE } from "./log-lock.js";

type Run = <T>(operation: string, act: (session: PgSession) => Promise<T>) => Promise<T>;

/** Every statement may be repeated, so what fails in passing is tried again by `run`. */
export class PostgresSidecar implements Sidecar {
  readonly #run: Run;
  readonly #look: Run;
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #remove: Statement;
  readonly #list: Statement;

  /** `look` reads. */
  constructor({ sidecar }: Tables, run: Run, look: Run) {
    this.#run = run;
    this.#look = look;
    this.#read = statement(`SELECT body FROM ${sidecar} WHERE name = $1`);
    this.#write = statement(
      `WITH settings AS MATERIALIZED (SELECT ${DURABLE})
       INSERT INTO ${sidecar} (name, body) SELECT $1, $2 FROM settings
       ON CONFLICT (name) DO UPDATE SET body = EXCLUDED.body`,
    );
    this.#remove = statement(`DELETE FROM ${sidecar} WHERE name = $1`);
    this.#list = statement(`SELECT name FROM ${sidecar} WHERE starts_with(name, $1) ORDER BY name`);
  }

  async read(name: string): Promise<string | null> {
    assertSidecarName(name);
    const [row] = await this.#look("sidecar.read", (session) => session.rows(this.#read, [name]));
    return row === undefined ? null : (row[0] as string);
  }

  async write(name: string, text: string): Promise<void> {
    assertSidecarName(name);
    await this.#run("sidecar.write", (session) => session.rows(this.#write, [name, text]));
  }

  async remove(name: string): Promise<void> {
    assertSidecarName(name);
    await this.#run("sidecar.remove", (session) => session.rows(this.#remove, [name]));
  }

  async list(prefix: string): Promise<string[]> {
    const rows = await this.#look("sidecar.list", (session) => session.rows(this.#list, [prefix]));
    return rows.map(([name]) => name as string);
  }
}
