import { randomUUID } from "node:crypto";
import type { AgentMessage } from "./agent-thread.js";
import { peer } from "./peers.js";

export const SQLITE_SAVER = "@langchain/langgraph-checkpoint-sqlite";
export const POSTGRES_SAVER = "@langchain/langgraph-checkpoint-postgres";

interface Config {
  readonly configurable: Record<string, string>;
}

interface Checkpoint {
  readonly id: string;
  readonly channel_values: { messages: readonly AgentMessage[] };
}

interface Saver {
  putWrites(config: Config, writes: readonly (readonly [string, unknown])[], taskId: string): Promise<void>;
  put(config: Config, checkpoint: Checkpoint, metadata: object, newVersions: object): Promise<Config>;
  getTuple(config: Config): Promise<{ checkpoint: Checkpoint } | undefined>;
}

interface SqliteSaver extends Saver {
  readonly db: { pragma(text: string): unknown; close(): void };
}

interface PostgresSaver extends Saver {
  setup(): Promise<void>;
  end(): Promise<void>;
}

interface Savers {
  readonly SqliteSaver: { fromConnString(path: string): SqliteSaver };
  readonly PostgresSaver: { fromConnString(url: string): PostgresSaver };
}

interface Thread {
  readonly config: Config;
  readonly messages: readonly AgentMessage[];
}

/**
 * Threads as LangGraph's loop keeps them, with its own savers: after a step it puts the writes of the step's task, then a
 * checkpoint with the values of all channels (in SQLite in one row; in Postgres the channels that changed, each whole).
 */
export class Checkpoints {
  readonly #saver: Saver;
  readonly #uuid6 = peer<{ uuid6(clock: number): string }>("@langchain/langgraph-checkpoint").uuid6;
  readonly #threads = new Map<string, Thread>();
  readonly close: () => Promise<void>;

  private constructor(saver: Saver, close: () => Promise<void>) {
    this.#saver = saver;
    this.close = close;
  }

  static inSqlite(path: string): Checkpoints {
    const saver = peer<Savers>(SQLITE_SAVER).SqliteSaver.fromConnString(path);
    saver.db.pragma("synchronous = FULL"); // WAL is its own choice
    return new Checkpoints(saver, async () => saver.db.close());
  }

  static async inPostgres(url: string): Promise<Checkpoints> {
    const saver = peer<Savers>(POSTGRES_SAVER).PostgresSaver.fromConnString(url);
    await saver.setup();
    return new Checkpoints(saver, () => saver.end());
  }

  async step(thread: string, message: AgentMessage): Promise<void> {
    const { config, messages } = this.#threads.get(thread) ?? { config: configOf(thread), messages: [] };
    const now = [...messages, message];
    if (messages.length > 0) await this.#saver.putWrites(config, [["messages", [message]]], randomUUID());
    const versions = { messages: now.length };
    const checkpoint = {
      v: 4,
      id: this.#uuid6(now.length),
      ts: new Date().toISOString(),
      channel_values: { messages: now },
      channel_versions: versions,
      versions_seen: { agent: { messages: messages.length } },
    };
    const next = await this.#saver.put(config, checkpoint, { source: "loop", step: now.length, parents: {} }, versions);
    this.#threads.set(thread, { config: next, messages: now });
  }

  async messages(thread: string): Promise<number> {
    this.#threads.delete(thread);
    return (await this.#saver.getTuple(configOf(thread)))?.checkpoint.channel_values.messages.length ?? 0;
  }
}

function configOf(thread: string): Config {
  return { configurable: { thread_id: thread, checkpoint_ns: "" } };
}
