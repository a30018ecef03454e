import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageError } from "../errors.js";
import { type RepositoryFiles, smallFile } from "./repository-files.js";

/**
 * An empty git directory of our own, without any configuration, in which git works on the objects of another repository.
 * A workspace belongs to whoever works in it: its configuration may name filters, merge drivers, helpers and servers, and
 * git would run them. Here it never reads it. Made by hand, without a process; gone with dispose().
 */
export class NeutralRepository {
  /** An empty folder, for what needs no repository at all. */
  readonly folder: string;
  readonly #gitDir: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#gitDir = join(folder, "git");
  }

  /** @throws StorageError WORKSPACE_FAILED: no room, or no rights, in the folder for temporary files */
  static async create(): Promise<NeutralRepository> {
    let folder: string | undefined;
    try {
      folder = await mkdtemp(join(tmpdir(), "sessiondb-git-"));
      const neutral = new NeutralRepository(folder);
      for (const name of ["objects/info", "refs", "info"])
        await mkdir(join(neutral.#gitDir, name), { recursive: true });
      await neutral.headIs("ref: refs/heads/none");
      return neutral;
    } catch (cause) {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      throw noRoom(cause);
    }
  }

  /** Runs `act` with a neutral repository that is gone afterwards. */
  static async with<T>(act: (neutral: NeutralRepository) => Promise<T>): Promise<T> {
    const neutral = await NeutralRepository.create();
    try {
      return await act(neutral);
    } finally {
      await rm(neutral.folder, { recursive: true, force: true });
    }
  }

  /** For commands that know the repository only by its address: git finds none around it. */
  get outside(): Record<string, string> {
    return { GIT_CEILING_DIRECTORIES: join(this.folder, "..") };
  }

  /** For commands that need objects: those of `source`, and new ones, which are kept here. */
  async using(source?: RepositoryFiles): Promise<Record<string, string>> {
    // Not in a variable: there a colon would part two paths.
    if (source !== undefined) await writeFile(join(this.#gitDir, "objects/info/alternates"), `${source.objects}\n`);
    return { GIT_DIR: this.#gitDir };
  }

  /** For commands that look at the files of a workspace: with its HEAD, its index, and its own list of ignored files. */
  async viewing(source: RepositoryFiles, head: string): Promise<Record<string, string>> {
    await this.headIs(head);
    await writeFile(join(this.#gitDir, "info", "exclude"), excludeOf(source));
    return { ...(await this.using(source)), GIT_WORK_TREE: source.worktree, GIT_INDEX_FILE: source.index };
  }

  private async headIs(text: string): Promise<void> {
    await writeFile(join(this.#gitDir, "HEAD"), `${text}\n`);
  }
}

/** Without it more files are told as work, never fewer. */
function excludeOf({ exclude }: RepositoryFiles): string {
  try {
    return smallFile(exclude);
  } catch {
    return ""; // there is none, or something that git does not write
  }
}

function noRoom(cause: unknown): StorageError {
  return new StorageError(
    "WORKSPACE_FAILED",
    `git needs room in ${tmpdir()} for its work: ${(cause as Error).message}`,
    {
      hint: "make room or give rights there, or name another folder in the variable TMPDIR",
      cause,
    },
  );
}
