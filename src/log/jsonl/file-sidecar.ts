import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../files/make-folder.js";
import { ordinaryText } from "../../files/open-ordinary.js";
import { failedStorage } from "../../files/storage-errors.js";
import { assertSidecarName, type Sidecar } from "../sidecar.js";
import { syncFolder } from "../sync-folder.js";

/** Names of unfinished files; a sidecar name never begins with a dot. */
const UNFINISHED = ".tmp-";

/** Each text is a file below `<log>.sidecar/`. Folders 0700, files 0600. */
export class FileSidecar implements Sidecar {
  readonly #root: string;
  readonly #assertOpen: (operation: string) => void;

  constructor(root: string, assertOpen: (operation: string) => void) {
    this.#root = root;
    this.#assertOpen = assertOpen;
  }

  async read(name: string): Promise<string | null> {
    assertSidecarName(name);
    return this.#act("sidecar.read", async () => {
      try {
        return await ordinaryText(this.#pathOf(name));
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    });
  }

  async write(name: string, text: string): Promise<void> {
    assertSidecarName(name);
    await this.#act("sidecar.write", async () => {
      const path = this.#pathOf(name);
      makeFolder(dirname(path), 0o700);
      const unfinished = join(dirname(path), `${UNFINISHED}${randomBytes(6).toString("hex")}`);
      try {
        await writeSynced(unfinished, text);
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
      syncFolder(dirname(path));
    });
  }

  async remove(name: string): Promise<void> {
    assertSidecarName(name);
    await this.#act("sidecar.remove", () => rm(this.#pathOf(name), { force: true }));
  }

  async list(prefix: string): Promise<string[]> {
    return this.#act("sidecar.list", async () => {
      const names = await filesBelow(this.#root, "");
      return names.filter((name) => name.startsWith(prefix)).sort();
    });
  }

  /** A name may be the beginning of another (`a` and `a/b`), so files get an ending that folders do not have. */
  #pathOf(name: string): string {
    return join(this.#root, `${name}${ENDING}`);
  }

  async #act<T>(operation: string, act: () => Promise<T>): Promise<T> {
    this.#assertOpen(operation);
    try {
      return await act();
    } catch (error) {
      throw failedStorage(error, `jsonl:${this.#root}`);
    }
  }
}

const ENDING = "~";

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  let entries: import("node:fs").Dirent[];
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  const nested = await Promise.all(
    entries.map((entry) => {
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesBelow(root, name);
      return entry.name.startsWith(UNFINISHED) || !name.endsWith(ENDING) ? [] : [name.slice(0, -ENDING.length)];
    }),
  );
  return nested.flat();
}

function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}
