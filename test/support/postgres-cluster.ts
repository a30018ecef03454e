import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SHARED_POSTGRES, type serverUser } from "./postgres-binaries.js";

const EMPTY = "empty-cluster";

type User = ReturnType<typeof serverUser>;

/** Makes the data folder of a new server: of a copy, where one is shared, because initdb takes twenty times as long. */
export function newCluster(bin: string, data: string, user: User, hasOwnSystem = false): void {
  const shared = hasOwnSystem ? undefined : sharedCluster();
  if (shared === undefined) initialise(bin, ownedFolder(data, user), user);
  else copy(shared, data);
}

/**
 * Servers that are started from now on, by this process or by those it starts, begin with copies of `data`, the folder of
 * one that was not started yet, and run the programs below `folder`, where there are some.
 *
 * @param folder holds the copy; where it is removed, they begin with one of their own again
 */
export function shareCluster(folder: string, data: string): void {
  copy(data, join(folder, EMPTY));
  process.env[SHARED_POSTGRES] = folder;
}

/** Makes the data folder of a standby from that of a server that is stopped. */
export function standbyOf(source: string, data: string, user: User): void {
  copy(source, data);
  const signal = join(data, "standby.signal");
  writeFileSync(signal, "");
  if (user !== undefined) chownSync(signal, user.uid, user.gid);
}

export function ownedFolder(path: string, user: User): string {
  mkdirSync(path, { mode: 0o700 });
  if (user !== undefined) chownSync(path, user.uid, user.gid);
  return path;
}

function initialise(bin: string, data: string, user: User): void {
  const init = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(bin, "initdb"), init, { ...user, cwd: data, stdio: ["ignore", "ignore", "pipe"] });
}

/** `cp`, because it keeps owners. */
function copy(from: string, to: string): void {
  execFileSync("cp", ["-a", from, to]);
}

function sharedCluster(): string | undefined {
  const cluster = join(process.env[SHARED_POSTGRES] ?? "", EMPTY);
  return process.env[SHARED_POSTGRES] !== undefined && existsSync(cluster) ? cluster : undefined;
}
