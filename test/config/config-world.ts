import { chmodSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Config, loadConfig } from "../../src/config/layers.js";
import { tempDir } from "../support/temp.js";

export type Variables = Record<string, string>;

/** A home folder with a repository in it, and no variables but those that a test sets. */
export class ConfigWorld {
  readonly home = realpathSync(tempDir());
  readonly repo = join(this.home, "repo");
  readonly userFile = join(this.home, ".config/minsky/config.yaml");
  readonly repoFile = join(this.repo, ".minsky/config.yaml");

  constructor() {
    mkdirSync(join(this.repo, ".git"), { recursive: true });
    mkdirSync(join(this.repo, "sub"));
  }

  env(variables: Variables = {}): Variables {
    return { HOME: this.home, ...variables };
  }

  user(text: string, mode = 0o600): this {
    return this.#write(this.userFile, text, mode);
  }

  repository(text: string, mode = 0o644): this {
    return this.#write(this.repoFile, text, mode);
  }

  load(variables: Variables = {}, store?: string): Config {
    return loadConfig({ cwd: join(this.repo, "sub"), env: this.env(variables), flags: { store } });
  }

  #write(path: string, text: string, mode: number): this {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
    return this;
  }
}

/** The code of the error that an act ends with, the shape of all our errors checked. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const { code, hint } = error as { code?: unknown; hint?: unknown };
    if (typeof code !== "string" || typeof hint !== "string") throw error;
    return code;
  }
  return "no error";
}

/** A reference to a variable, as it stands in a file. */
export function ref(name: string): string {
  return `\${${name}}`;
}
